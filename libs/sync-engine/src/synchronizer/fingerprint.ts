/** Two steps with the same fingerprint are the same attempt on the same state. */
export const fingerprint = (step: object): string =>
  JSON.stringify(step, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
