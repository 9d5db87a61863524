/** The time of day, for labels that people read. Never decides an order. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

/** Source of new entry ids (UUIDv7). */
export interface IdSource {
  next(): string;
}

/** SHA-256 of the bytes, lower-case hex. The domain computes no hash itself; whoever calls brings the function. */
export type Sha256 = (bytes: Uint8Array) => string;
