import { secretsIn, withoutSecrets } from '@tidemark/domain';
import { pino, type DestinationStream, type Logger } from 'pino';
import { urlsOf, type Config } from '../config.ts';

/** Structured, one JSON object a line, on the standard error; credentials of stores are hidden whatever a driver put into its message. */
export function createLogger(config: Config, sink: DestinationStream = pino.destination(2)): Logger {
  const secrets = secretsIn(urlsOf(config));
  return pino({ level: config.logLevel, base: undefined }, { write: (line: string) => sink.write(withoutSecrets(line, secrets)) });
}
