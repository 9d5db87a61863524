const NANOSECONDS_OF_A_MILLISECOND = 1_000_000n;

/**
 * A time as Node hands it to the system: seconds as a double, which near now has a grain of some 240 ns. What the disk then really has is kept as its form, and the exact
 * nanoseconds in the entry's attributes, so the difference is no change. It lies two grains away at most, in the same millisecond: a time is not to show another
 * millisecond, or second, on another device. Node takes negative numbers for "now", but not negative dates.
 */
export function systemTime(nanoseconds: bigint): number | Date {
  const milliseconds = nanoseconds / NANOSECONDS_OF_A_MILLISECOND;
  if (nanoseconds < 0n) return new Date(Number(milliseconds));
  const nearest = Number(nanoseconds) / 1e9;
  const grain = nearest * Number.EPSILON;
  return (
    [nearest, nearest - grain, nearest + grain].find((seconds) => asTaken(seconds) / NANOSECONDS_OF_A_MILLISECOND === milliseconds) ??
    nearest
  );
}

/** The nanoseconds that the system is told for it (libuv's `uv__fs_to_timespec`, which cuts off). */
function asTaken(seconds: number): bigint {
  const whole = Math.trunc(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9));
}
