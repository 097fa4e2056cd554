import { jest } from '@jest/globals';

const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Stops the date, and nothing else; `pass` moves it. */
export const wallClock = {
  stop: (): void => void jest.useFakeTimers({ doNotFake: [...REAL], now: Date.now() }),
  pass: (seconds: number): void => void jest.setSystemTime(Date.now() + seconds * 1000),
  go: (): void => void jest.useRealTimers(),
};
