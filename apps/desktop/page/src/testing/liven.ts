import { AUTHORS, pick } from './invented.ts';
import type { FakeWorld } from './fake-world.ts';

const RATE_BYTES_PER_S = 9 * 1024 * 1024;

/** Lets some time pass in the invented world: transfers go on, and now and then somebody changes something. */
export function liven(world: FakeWorld, elapsedMs: number): void {
  for (const workspace of world.workspaces.values()) {
    const { transfers, status } = workspace;
    if (transfers.length === 0 || status.state === 'paused') continue;
    for (const one of transfers) {
      const moved = Math.floor((RATE_BYTES_PER_S * elapsedMs * (0.5 + world.random())) / 1000);
      one.doneBytes = one.doneBytes + moved >= one.bytes ? 0 : one.doneBytes + moved;
      world.status.traffic[one.direction === 'up' ? 'sentBytes' : 'receivedBytes'] += moved;
    }
    world.tell({ type: 'transfers', workspace: status.id, transfers });
  }
  const documents = world.workspaces.get('w-documents');
  if (documents && documents.status.state === 'idle' && world.random() < elapsedMs / 6_000) {
    const path = pick(world.random, ['Notes.md', 'Budget 2026.xlsx', 'Annual report.docx']);
    world.happens(documents, path, 'changed', pick(world.random, AUTHORS));
  } else world.tellStatus();
}
