import type { Logger } from 'pino';

type Say = (message: unknown, ...rest: unknown[]) => void;

/** As Nest has it (`LoggerService`). */
interface NestLogger {
  readonly log: Say;
  readonly error: Say;
  readonly warn: Say;
  readonly debug: Say;
  readonly verbose: Say;
  readonly fatal: Say;
}

/** Nest's own messages by way of pino. What Nest says while it starts interests nobody but its developers. */
export function nestLogger(logger: Logger): NestLogger {
  const text = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));
  return {
    log: (message) => logger.debug(text(message)),
    error: (message, ...rest) => logger.error({ rest }, text(message)),
    warn: (message) => logger.warn(text(message)),
    debug: (message) => logger.trace(text(message)),
    verbose: (message) => logger.trace(text(message)),
    fatal: (message) => logger.fatal(text(message)),
  };
}
