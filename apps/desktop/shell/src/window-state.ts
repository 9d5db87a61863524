import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** In the agent's home: what the core keeps itself is lost with its port, and its own saved state was seen to start windows at their least size. */
export const WINDOW_FILE = 'window.json';

const pixels = z.number().int().min(-32_768).max(32_767);
const place = z.object({
  x: pixels,
  y: pixels,
  width: pixels.min(200),
  height: pixels.min(150),
  isMaximized: z.boolean(),
});
export type WindowPlace = z.output<typeof place>;

const windowState = z.object({ place: place.optional(), told: z.array(z.string()).default([]) });
export type WindowState = z.output<typeof windowState>;

/** What cannot be read is as if it was never kept. */
export function readWindowState(home: string): WindowState {
  try {
    return windowState.parse(JSON.parse(readFileSync(join(home, WINDOW_FILE), 'utf8')));
  } catch {
    return { told: [] };
  }
}

export async function keepWindowState(home: string, state: WindowState): Promise<void> {
  const path = join(home, WINDOW_FILE);
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, JSON.stringify(state), { mode: 0o600 });
  await rename(aside, path);
}

/** From the core's answers; undefined where they are not what is expected. */
export function placeOf(position: unknown, size: unknown, isMaximized: unknown): WindowPlace | undefined {
  const read = place.safeParse({ ...(position as object), ...(size as object), isMaximized: isMaximized === true });
  return read.success ? read.data : undefined;
}
