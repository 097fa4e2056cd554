import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  // Tests wait for servers more than they compute. In Jest's own process, all that files leave behind would add up.
  maxWorkers: Math.max(2, availableParallelism()),
  workerIdleMemoryLimit: '500MB',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  // For what hangs; on a busy machine servers alone may take half a minute to start.
  testTimeout: 120_000,
};
