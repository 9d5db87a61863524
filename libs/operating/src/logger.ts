import { secretsIn, withoutSecrets } from '@tidemark/domain';
import { pino, type DestinationStream, type Logger } from 'pino';

export interface LogSettings {
  /** `silent`, or the least that is said. */
  readonly level: string;
  /** Of stores and collectors; what they hold of credentials is hidden. */
  readonly urls: readonly string[];
}

/** Structured, one JSON object a line, on the standard error; credentials of stores are hidden whatever a driver put into its message. */
export function createLogger({ level, urls }: LogSettings, sink: DestinationStream = pino.destination(2)): Logger {
  const secrets = secretsIn(urls);
  return pino({ level, base: undefined }, { write: (line: string) => sink.write(withoutSecrets(line, secrets)) });
}
