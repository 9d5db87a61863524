import type { ServerResponse } from 'node:http';

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export function tell(response: ServerResponse, status: number, body: unknown): void {
  if (!response.headersSent) response.writeHead(status, JSON_HEADERS);
  response.end(JSON.stringify(body));
}

/** A space before the JSON that comes later: whoever waits for it sees that the agent is there, and no limit of theirs for silence is met. */
export function showAlive(response: ServerResponse): void {
  if (response.destroyed) return;
  if (!response.headersSent) response.writeHead(200, JSON_HEADERS);
  response.write(' ');
}
