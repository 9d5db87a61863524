import { Fault } from '@tidemark/domain';

export const DATABASE_DEFAULT = 'tidemark';
/** MongoDB's own limit of a database's name. */
export const DATABASE_BYTES_MAX = 63;

export interface MongoSettings {
  /** As the driver takes it. */
  readonly url: string;
  readonly database: string;
}

const FORM = /^mongodb(?:\+srv)?:\/\/(?:(?<login>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<database>[^/?#]*))?(?:\?(?<query>[^#]*))?$/;
const HELP = 'mongodb://[user:password@]host[:port][,host…]/database[?replicaSet=…&tls=true…] (or mongodb+srv:), percent-encoded';

/** Options by which the promises of the read model would become weaker, and the one value that they may have. */
const FIXED: Readonly<Record<string, string | undefined>> = {
  w: 'majority',
  j: 'true',
  journal: 'true',
  readconcernlevel: 'majority',
  readpreference: 'primary',
  readpreferencetags: undefined,
  maxstalenessseconds: undefined,
  wtimeout: undefined,
  wtimeoutms: undefined,
  timeoutms: undefined,
  connecttimeoutms: undefined,
  sockettimeoutms: undefined,
  serverselectiontimeoutms: undefined,
  waitqueuetimeoutms: undefined,
  heartbeatfrequencyms: undefined,
};

export const unusable = (reason: string): Fault =>
  new Fault(`the URL of the read model cannot be used: ${reason}; write ${HELP}`, { retry: 'never' });

/**
 * The database may be left out. What the driver takes besides (`replicaSet`, `authSource`, `tls…`) is passed on; how safely is written, where is read
 * and how long is waited, is not the URL's to say.
 *
 * @throws {Fault} `retry: 'never'`, saying what is wrong and never a password.
 */
export function parseMongoUrl(url: string): MongoSettings {
  const parts = FORM.exec(url)?.groups;
  if (parts === undefined) throw unusable('it is not of the form');
  for (const [name, value] of new URLSearchParams(parts['query'] ?? '')) {
    const key = name.toLowerCase();
    if (key in FIXED && FIXED[key] !== value)
      throw unusable(FIXED[key] === undefined ? `leave ${name} out` : `${name} cannot be other than ${FIXED[key]}`);
  }
  return { url, database: databaseOf(parts['database'] ?? '') };
}

function databaseOf(text: string): string {
  const name = text === '' ? DATABASE_DEFAULT : decoded(text);
  if (name === undefined || !/^[A-Za-z0-9_-]+$/.test(name) || name.length > DATABASE_BYTES_MAX)
    throw unusable(`the database's name is not of 1 to ${DATABASE_BYTES_MAX} letters, digits, _ and -`);
  return name;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
