/** We are wrong: log it and stop. Never an answer to somebody else's mistake. */
export class Bug extends Error {
  override readonly name = 'Bug';
}

/** @throws {Bug} when the condition does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Bug(message);
}

/** Makes a switch over a union exhaustive at compile time. @throws {Bug} always. */
export function unreachable(value: never): never {
  throw new Bug(`unreachable: ${JSON.stringify(value)}`);
}

/** The value, or a {@link Bug} where it is missing. */
export function must<Value>(value: Value | undefined | null, message: string): Value {
  if (value === undefined || value === null) throw new Bug(message);
  return value;
}
