import { afterEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { nestLogger } from '../../../src/nest/nest-logger.js';

afterEach(() => Logger.overrideLogger(new ConsoleLogger()));

describe("Nest's logger", () => {
  it.each([
    [['log', 'warn', 'error'], false],
    [['debug', 'warn'], true],
  ] as const)('of the levels %j says whether debug is on: %s', (levels, isOn) => {
    Logger.overrideLogger(new ConsoleLogger({ logLevels: [...levels] }));
    expect(nestLogger('DatabaseRouting').isDebugEnabled?.()).toBe(isOn);
  });

  it("passes on to the app's own, with the context", () => {
    const lines: unknown[][] = [];
    const own: LoggerService = { log() {}, error() {}, warn: (...line) => lines.push(line), debug: (...line) => lines.push(line) }; // prettier-ignore
    Logger.overrideLogger(own);
    const logger = nestLogger('DatabaseRouting');
    logger.debug('Choose engine: slave1 (balanced)');
    logger.warn('beware');
    expect(lines).toEqual([
      ['Choose engine: slave1 (balanced)', 'DatabaseRouting'],
      ['beware', 'DatabaseRouting'],
    ]);
  });
});
