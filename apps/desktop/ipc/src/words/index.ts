/* What all faces say alike. Loads nothing: a face that only shows its help need not read the schemas of answers. */
export * from './bytes.ts';
export * from './conflict-ends.ts';
