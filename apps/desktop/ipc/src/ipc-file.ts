import { z } from 'zod';

/** In the agent's home; mode 0600, there only while an agent runs (one that was killed leaves it behind). */
export const IPC_FILE = 'ipc.json';
export const ipcFile = z.object({
  port: z.number().int().positive().max(65_535),
  /** 256 random bits; sent as a bearer token. */
  secret: z.string().min(32),
  pid: z.number().int().positive(),
  version: z.string(),
});
export type IpcFile = z.output<typeof ipcFile>;

export const IPC_HOST = '127.0.0.1';
/** `POST <base>/<call>`: JSON question → {@link CallAnswer}. */
export const CALL_PATH = '/call/';
/** `GET`: notices, one JSON per line, for as long as the connection lasts; an empty line now and then shows that the agent is there. */
export const NOTICES_PATH = '/notices';
/** `GET <notices>?window=PORT`: for as long as they are read, a window's frame that is served at this loopback port may show the page. */
export const WINDOW_PARAMETER = 'window';
export const HEARTBEAT_MS = 10_000;
/** The same notices over Socket.IO (WebSocket only): this namespace, `{ secret }` in the handshake's `auth`, one event per notice. */
export const NOTICES_NAMESPACE = '/notices';
export const NOTICE_EVENT = 'notice';
/** `GET <path>?workspace=&entry=&revision=`, with the secret as for calls: a file's bytes, to be saved. Without `revision` the latest. */
export const CONTENT_PATH = '/content';
/**
 * `POST` of {@link contentTicketQuestion}, with the secret as for calls → {@link CallAnswer} of {@link contentTicketAnswer}: `GET <content>?ticket=` without the secret then
 * saves that content, once, within half a minute. So a browser can save it by itself, and no address holds the secret. What faces are served by need not have it.
 */
export const CONTENT_TICKET_PATH = '/content/ticket';
export const TICKET_PARAMETER = 'ticket';
export const contentTicketQuestion = z.object({
  workspace: z.string().min(1),
  entry: z.string().min(1),
  revision: z.string().optional(),
  /** What the file is to be called; else as it is called now. */
  name: z.string().min(1).max(512).optional(),
});
export const contentTicketAnswer = z.object({ ticket: z.string().min(32) });

/** Name of the `meta` in the page's head that says who serves it: `agent`, as it is built, or `server`. */
export const FACE_META = 'tidemark-face';

/** Where the page is. The secret stands in the fragment, which no browser sends anywhere. */
export const pageUrlOf = ({ port, secret }: Pick<IpcFile, 'port' | 'secret'>): string => `http://${IPC_HOST}:${port}/#secret=${secret}`;
