import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own messages by way of pino. What Nest says while it starts interests nobody but its developers. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));
  return {
    log: (message: unknown) => logger.debug(text(message)),
    error: (message: unknown, ...rest: unknown[]) => logger.error({ rest }, text(message)),
    warn: (message: unknown) => logger.warn(text(message)),
    debug: (message: unknown) => logger.trace(text(message)),
    verbose: (message: unknown) => logger.trace(text(message)),
    fatal: (message: unknown) => logger.fatal(text(message)),
  };
}
