export * from './workspace.projection.ts';
export * from './people.projection.ts';
export { visitStream, type ProjectorStores, type Visited } from './visit.ts';
export * from './projector.ts';
export { LagFigures, type ProjectionLag, type ProjectionName } from './figures.ts';
export type { Rebuilt } from './rebuild.ts';
