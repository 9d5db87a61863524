import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtOnce, freePort, hasProgram, runStep, serverOf, ServerProcess, type StackServer } from './server-process.ts';

const VERSION = '4.1.1';
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tidemark.test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
/** Starts sooner and takes less of the machine than the defaults, which are for months of running. */
const JAVA = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** A server that is there already: `kafka://host:port[?…]`. Tests then use topics of their own on it, and never stop it. */
export const GIVEN_KAFKA = process.env['TIDEMARK_TEST_KAFKA'];

/** Why no Kafka can be had here; `undefined` where it can. */
export function whyNoKafka(): string | undefined {
  if (GIVEN_KAFKA !== undefined) return undefined;
  if (!hasProgram('java', '-version')) return 'Kafka needs Java, which is not here; install it or set TIDEMARK_TEST_KAFKA';
  if (!hasProgram('mvn', '-v')) return 'Kafka comes with Maven, which is not here; install it or set TIDEMARK_TEST_KAFKA';
  return undefined;
}

/** One broker (KRaft) on loopback with data of its own; the first time its libraries are fetched (about 20 s). */
export async function startKafka(): Promise<StackServer> {
  const home = await builtOnce(`kafka-${VERSION}`, async (folder) => {
    writeFileSync(join(folder, 'pom.xml'), POM);
    await runStep('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], folder);
  });
  const classes = ['-cp', join(home, 'lib', '*')];
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-kafka-'));
  const [port, controller] = [await freePort(), await freePort()];
  const settings = join(folder, 'server.properties');
  writeFileSync(
    settings,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
      'controller.listener.names=CONTROLLER',
      `log.dirs=${join(folder, 'data')}`,
      'auto.create.topics.enable=false',
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=1',
      'group.initial.rebalance.delay.ms=0',
    ].join('\n'),
  );
  const cluster =
    (await runStep('java', [...JAVA, ...classes, 'kafka.tools.StorageTool', 'random-uuid'], folder)).trim().split('\n').at(-1) ?? '';
  await runStep('java', [...JAVA, ...classes, 'kafka.tools.StorageTool', 'format', '-t', cluster, '-c', settings], folder);
  const server = new ServerProcess(['java', ...JAVA, ...classes, 'kafka.Kafka', settings], {
    cwd: folder,
    isReady: async ({ output }) => output.includes('Kafka Server started'),
  });
  await server.start();
  return serverOf(`kafka://127.0.0.1:${port}`, server, folder);
}
