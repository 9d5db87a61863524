import { formatTransfer } from './format/status.ts';
import { cutTo } from './format/text.ts';
import type { Common, Shell } from './shell.ts';

const CLEAR_LINE = '\r\u001b[K';

/** Shows a bar while an entry's content is under way, where the output is a terminal and an agent runs; gives what the work gives. */
export async function withProgress<Result>(shell: Shell, options: Common, entry: string, work: Promise<Result>): Promise<Result> {
  if (!shell.screen.terminal || options.json) return work;
  const stop = new AbortController();
  const drawing = draw(shell, options, entry, stop.signal).catch(() => undefined);
  try {
    return await work;
  } finally {
    stop.abort();
    await drawing;
    shell.screen.write(CLEAR_LINE);
  }
}

async function draw(shell: Shell, options: Common, entry: string, signal: AbortSignal): Promise<void> {
  for await (const notice of shell.notices(options, signal)) {
    if (notice.type !== 'transfers') continue;
    const transfer = notice.transfers.find((one) => one.entry === entry);
    if (transfer) shell.screen.write(CLEAR_LINE + cutTo(formatTransfer(transfer), shell.screen.columns - 1));
  }
}
