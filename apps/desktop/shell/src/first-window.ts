import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Longer paths name no socket on some platforms. */
const SOCKET_PATH_MAX = 100;
const ANSWER_MS_MAX = 2_000;

export interface FirstWindow {
  close(): void;
}

/**
 * Lets one window of a home be the first; every later one has the first show itself, and should go. Connecting is all that is said, so that nothing can be asked that way.
 * Gives undefined where another window is the first. Where no such place can be had (its path is too long), every window is a first one: that costs a second window, never a second agent.
 */
export async function beFirstWindow(home: string, onOther: () => void): Promise<FirstWindow | undefined> {
  const path = meetingPlace(home);
  if (path === undefined) return { close: () => undefined };
  for (let tries = 0; tries < 3; tries += 1) {
    const server = await listen(path, onOther);
    if (server !== undefined) return { close: () => void server.close() };
    if (await isAnswered(path)) return undefined;
    // Left behind by one that was killed.
    await rm(path, { force: true });
  }
  return { close: () => undefined };
}

function meetingPlace(home: string): string | undefined {
  if (process.platform === 'win32') return `\\\\.\\pipe\\tidemark-window-${createHash('sha256').update(home).digest('hex').slice(0, 32)}`;
  const path = join(home, 'window.sock');
  return Buffer.byteLength(path) > SOCKET_PATH_MAX ? undefined : path;
}

function listen(path: string, onOther: () => void): Promise<Server | undefined> {
  return new Promise((done) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('shown\n');
      onOther();
    });
    server.once('error', () => done(undefined));
    server.listen(path, () => done(server.unref()));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    const end = (answered: boolean): void => {
      socket.destroy();
      done(answered);
    };
    socket.setTimeout(ANSWER_MS_MAX, () => end(false));
    socket.once('data', () => end(true));
    socket.once('close', () => done(false));
    socket.once('error', () => end(false));
  });
}
