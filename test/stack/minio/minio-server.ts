import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtOnce, freePort, hasProgram, runStep, serverOf, ServerProcess, type StackServer } from '../kafka/server-process.ts';

/** The newest that the module proxy has; releases of MinIO have names that Go takes for no versions. */
const VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c';
const ACCESS_KEY = 'tidemark';
/** With characters that a URL must encode. */
const SECRET_KEY = 'se/c+ret=of:tests';

/** A server that is there already: `s3://key:secret@host[:port]/bucket[/prefix][?…]`. Tests then use prefixes of their own in it, and never stop it. */
export const GIVEN_S3 = process.env['TIDEMARK_TEST_S3'];

/** Why no MinIO can be had here; `undefined` where it can. */
export function whyNoMinio(): string | undefined {
  if (GIVEN_S3 !== undefined) return undefined;
  if (!hasProgram('go', 'version')) return 'MinIO is built with Go, which is not here; install it or set TIDEMARK_TEST_S3';
  return undefined;
}

/** One server on loopback with data of its own, and a URL of a bucket that is not there yet; the first time it is built (4 minutes and more). */
export async function startMinio(): Promise<StackServer> {
  const home = await builtOnce(`minio-${VERSION}`, async (folder) => {
    const env = { GOBIN: folder, GOFLAGS: '-trimpath' };
    await runStep('go', ['install', '-ldflags', '-s -w', `github.com/minio/minio@${VERSION}`], folder, env);
  });
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-minio-'));
  const [port, consolePort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const options = ['server', '--quiet', '--address', address, '--console-address', `127.0.0.1:${consolePort}`, join(folder, 'data')];
  const server = new ServerProcess([join(home, 'minio'), ...options], {
    cwd: folder,
    env: { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY, MINIO_UPDATE: 'off', MINIO_BROWSER: 'off', HOME: folder },
    isReady: () =>
      fetch(`http://${address}/minio/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  await server.start();
  const login = `${ACCESS_KEY}:${encodeURIComponent(SECRET_KEY)}`;
  return serverOf(`s3://${login}@${address}/tidemark-test?tls=false`, server, folder);
}
