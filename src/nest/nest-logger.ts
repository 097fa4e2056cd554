import { Logger } from '@nestjs/common';
import type { RoutingLogger } from '../routing-logger.js';

/** Nest's logger, which is not even called for a decision while the app's log level leaves debug out. */
export function nestLogger(context: string): RoutingLogger {
  const logger = new Logger(context);
  return {
    debug: (message) => logger.debug(message),
    isDebugEnabled: () => Logger.isLevelEnabled('debug'),
    warn: (message) => logger.warn(message),
  };
}
