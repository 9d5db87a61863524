/** What is under way, for the person who waits. */
export interface Stage {
  did(items: number, bytes?: number): void;
  end(): void;
}

export interface Progress {
  begin(name: string, unit: string, total?: number, totalBytes?: number): Stage;
}

/** What is needed of `process.stderr`. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A terminal's one line is written again this often; elsewhere a line is added now and then. */
const REWRITE_MS = 100;
const LINE_MS = 10_000;
const KIB = 1024;

export const silent: Progress = { begin: () => ({ did: () => undefined, end: () => undefined }) };

/** One line that is written over on a terminal; plain lines in a file or a pipe. */
export function progressOn(screen: Screen, now: () => number): Progress {
  return {
    begin: (name, unit, total, totalBytes) => {
      let [items, bytes, shownAt] = [0, 0, now()];
      const line = (): string => {
        const counted = total === undefined ? `${items}` : `${items} of ${total}`;
        return `${name}: ${counted} ${unit}${totalBytes === undefined ? '' : `, ${bytesText(bytes)} of ${bytesText(totalBytes)}`}`;
      };
      const show = (end: string): void => void screen.write(screen.isTTY === true ? `\r\u001B[2K${line()}${end}` : `${line()}\n`);
      return {
        did: (more, moreBytes = 0) => {
          items += more;
          bytes += moreBytes;
          if (now() - shownAt < (screen.isTTY === true ? REWRITE_MS : LINE_MS)) return;
          shownAt = now();
          show('');
        },
        end: () => show('\n'),
      };
    },
  };
}

/** `1.5 MiB` */
export function bytesText(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  while (amount >= KIB && unit < 4) [amount, unit] = [amount / KIB, unit + 1];
  return `${unit === 0 ? amount : amount.toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}
