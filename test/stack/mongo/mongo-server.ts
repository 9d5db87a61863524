import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../support/processes.ts';
import { builtOnce, freePort, hasProgram, runStep, ServerProcess, type StackServer } from '../kafka/server-process.ts';

const SOURCE = fileURLToPath(new URL('mongo-wire/', import.meta.url));
const FERRETDB = 'github.com/FerretDB/FerretDB';
/** Its last part grows with what is built, so that an older one is not used. */
const BUILD = 'mongo-wire-1.24.2-3';
/** What is changed in FerretDB, so that commands with many updates end at all, and sooner. None changes what a command does. */
const CHANGES = [
  {
    // Each update of a command kept a connection to PostgreSQL until all were done, and many waited for each other for ever.
    file: 'internal/handler/msg_update.go',
    from: 'result, err := common.UpdateDocument(ctx, c, "update", iter, &u)\n',
    to: 'result, err := common.UpdateDocument(ctx, c, "update", iter, &u)\n\t\tcloser.Close()\n',
  },
  {
    // SQLite was asked by id where nothing but the id was asked for; the rest of a filter is applied afterwards anyway.
    file: 'internal/backends/sqlite/collection.go',
    from: 'if params.Filter.Len() == 1 {',
    to: 'if params.Filter.Len() > 0 {',
  },
] as const;
const POSTGRESQL_HOME = '/usr/lib/postgresql';
/** PostgreSQL does not run as root. */
const NOBODY = 65_534;
/** What is written outlives the process, not the machine. Plans are made for each question, or none would use the indexes below. */
const POSTGRESQL_SETTINGS = ['fsync=off', 'full_page_writes=off', 'plan_cache_mode=force_custom_plan', 'unix_socket_directories='];
/**
 * FerretDB asks PostgreSQL for what is equal (`->`, `@>`) and looks at the rest itself, but makes no index that PostgreSQL could use for that. So every
 * collection gets some as it is made, which change nothing but how long it takes: 10,000 documents are not read for each one that is looked up.
 */
const QUICK_FINDS = `
CREATE FUNCTION quick_finds() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made regclass; field text;
BEGIN
  FOR made IN SELECT objid::regclass FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = made AND attname = '_jsonb');
    FOREACH field IN ARRAY ARRAY['_id', 'parent'] LOOP
      EXECUTE format('CREATE INDEX ON %s USING gin ((_jsonb->%L) jsonb_path_ops) WITH (fastupdate = off)', made, field);
    END LOOP;
  END LOOP;
END $$;
CREATE EVENT TRIGGER quick_finds ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION quick_finds();
`;

/** A server that is there already: `mongodb://[user:password@]host:port`. Tests then use databases of their own on it, and never stop it. */
export const GIVEN_MONGO = process.env['TIDEMARK_TEST_MONGO'];

/** Why no server that speaks MongoDB's protocol can be had here; `undefined` where it can. */
export function whyNoMongo(): string | undefined {
  if (GIVEN_MONGO !== undefined || existsSync(builtWith())) return undefined;
  return hasProgram('go', 'version') ? undefined : 'FerretDB is built with Go, which is not here; install it or set TIDEMARK_TEST_MONGO';
}

/** Where PostgreSQL's programs are; nothing where it is not installed, or where nobody can be found to run it as. */
function postgresqlPrograms(): string | undefined {
  if (process.getuid?.() === 0 && !hasProgram('setpriv', '--version')) return undefined;
  const versions = existsSync(POSTGRESQL_HOME) ? readdirSync(POSTGRESQL_HOME).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(POSTGRESQL_HOME, version, 'bin'))
    .find((bin) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(bin, name))));
}

/** What runs, for the story that a run tells. */
export const mongoKind = (): string => {
  if (GIVEN_MONGO !== undefined) return 'the MongoDB that TIDEMARK_TEST_MONGO names';
  return postgresqlPrograms() === undefined
    ? 'FerretDB 1.24.2 on SQLite, which is slow; with the package postgresql of Debian it would be quicker'
    : 'FerretDB 1.24.2 on PostgreSQL';
};

/** One server on loopback with data of its own; the first time it is built (about 2 minutes). */
export async function startMongo(): Promise<StackServer> {
  const home = await builtOnce(BUILD, buildWire);
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-mongo-'));
  const programs = postgresqlPrograms();
  const behind = programs === undefined ? undefined : await startPostgresql(programs, folder);
  const port = await freePort();
  const data = behind === undefined ? ['sqlite', `file:${folder}/?_pragma=synchronous(off)`] : ['postgresql', behind.url];
  const wire = new ServerProcess([join(home, 'mongo-wire'), `127.0.0.1:${port}`, ...data], {
    cwd: folder,
    isReady: async ({ output }) => output.includes('mongo-wire is ready'),
  });
  await startOrEnd(wire, behind?.server);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    await wire.end(signal);
    await behind?.server.end(signal);
  };
  return {
    url: `mongodb://127.0.0.1:${port}`,
    get isRunning() {
      return wire.isRunning;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      // Those who served the one before it hold its memory until they have noticed that it is gone.
      if (behind !== undefined) await until('PostgreSQL starts again', () => behind.server.start().then(() => true));
      await wire.start();
    },
    pause: () => wire.signal('SIGSTOP'),
    resume: () => wire.signal('SIGCONT'),
    dispose: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function buildWire(folder: string): Promise<void> {
  cpSync(SOURCE, folder, { recursive: true });
  const go = (...options: readonly string[]): Promise<string> => runStep('go', options, folder);
  const source = join(folder, 'ferretdb');
  await go('mod', 'download', FERRETDB);
  cpSync((await go('list', '-mod=mod', '-m', '-f', '{{.Dir}}', FERRETDB)).trim(), source, { recursive: true });
  for (const { file, from, to } of CHANGES) {
    const text = readFileSync(join(source, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} of FerretDB is not as it was`);
    chmodSync(join(source, file), 0o644);
    writeFileSync(join(source, file), text.replaceAll(from, to));
  }
  await go('mod', 'edit', '-replace', `${FERRETDB}=./ferretdb`);
  await go('build', '-mod=mod', '-o', 'mongo-wire', '.');
}

async function startPostgresql(programs: string, folder: string): Promise<{ readonly url: string; readonly server: ServerProcess }> {
  const asNobody = process.getuid?.() === 0 ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
  if (asNobody.length > 0) chownSync(folder, NOBODY, NOBODY);
  const run = (name: string, ...options: readonly string[]): [string, ...string[]] => {
    const [program = '', ...rest] = [...asNobody, join(programs, name), ...options];
    return [program, ...rest];
  };
  const data = join(folder, 'data');
  const [initdb, ...options] = run('initdb', '-D', data, '-U', 'tidemark', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
  await runStep(initdb, options, folder);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, ...POSTGRESQL_SETTINGS].flatMap((setting) => ['-c', setting]);
  const server = new ServerProcess(run('postgres', '-D', data, ...settings), {
    cwd: folder,
    isReady: async ({ output }) => output.includes('ready to accept connections'),
  });
  await startOrEnd(server);
  const url = `postgres://tidemark@127.0.0.1:${port}/postgres`;
  await runStep(join(programs, 'psql'), ['-q', '-v', 'ON_ERROR_STOP=1', '-c', QUICK_FINDS, url], folder);
  return { url, server };
}

/** A server that does not come up leaves nothing running. */
async function startOrEnd(server: ServerProcess, behind?: ServerProcess): Promise<void> {
  try {
    await server.start();
  } catch (error) {
    await server.end('SIGKILL');
    await behind?.end('SIGKILL');
    throw error;
  }
}

function builtWith(): string {
  return fileURLToPath(new URL(`../../../.cache/stack/${BUILD}/mongo-wire`, import.meta.url));
}
