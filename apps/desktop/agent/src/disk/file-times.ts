/**
 * A time as Node hands it to the system: seconds as a double, which near now has a grain of some 240 ns. What the disk then really has is kept as its form, and the exact
 * nanoseconds in the entry's attributes, so the difference is no change. Node takes negative numbers for "now", but not negative dates.
 */
export const systemTime = (nanoseconds: bigint): number | Date =>
  nanoseconds < 0n ? new Date(Number(nanoseconds / 1_000_000n)) : Number(nanoseconds) / 1e9;
