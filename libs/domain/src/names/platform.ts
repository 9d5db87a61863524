export type PlatformProblem = 'CONTROL_CHARACTER' | 'RESERVED_CHARACTER' | 'TRAILING_DOT_OR_SPACE' | 'RESERVED_NAME';

const CONTROL = /\p{Cc}/u;
const RESERVED = /[<>:"\\|?*]/;
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;

/** Why some platform cannot hold the name. It is a valid name all the same: a device that cannot hold it uses a local alias that is never uploaded. */
export function platformProblemOf(name: string): PlatformProblem | undefined {
  if (CONTROL.test(name)) return 'CONTROL_CHARACTER';
  if (RESERVED.test(name)) return 'RESERVED_CHARACTER';
  if (/[. ]$/.test(name)) return 'TRAILING_DOT_OR_SPACE';
  if (DEVICE.test(name)) return 'RESERVED_NAME';
  return undefined;
}
