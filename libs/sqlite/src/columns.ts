import { assert } from '@tidemark/domain';

export type SqlValue = null | number | bigint | string | Uint8Array;
/** A row as it stands in the table, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The column's text. @throws {Bug} where it is none. */
export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `column ${column} holds no text`);
  return value;
}

/** The column's text, `undefined` for NULL. */
export const optionalTextOf = (row: SqlRow, column: string): string | undefined => (row[column] === null ? undefined : textOf(row, column));

/** The column's integer, which fits a double. @throws {Bug} where it is none. */
export function integerOf(row: SqlRow, column: string): number {
  const value = row[column];
  assert(typeof value === 'number' || typeof value === 'bigint', `column ${column} holds no number`);
  return Number(value);
}

/** Revisions and positions: INTEGER in the table, `bigint` in the code. @throws {Bug} where it is none. */
export function bigintOf(row: SqlRow, column: string): bigint {
  const value = row[column];
  assert(typeof value === 'number' || typeof value === 'bigint', `column ${column} holds no number`);
  return BigInt(value);
}

export const optionalBigintOf = (row: SqlRow, column: string): bigint | undefined =>
  row[column] === null ? undefined : bigintOf(row, column);

/** 0 and 1 in the table. */
export const booleanOf = (row: SqlRow, column: string): boolean => integerOf(row, column) !== 0;

/** @throws {Bug} where it is none. */
export function bytesOf(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  assert(value instanceof Uint8Array, `column ${column} holds no bytes`);
  return value;
}
