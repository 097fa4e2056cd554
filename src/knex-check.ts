import { createRequire } from 'node:module';
import { InvalidOptionsError } from './errors.js';
import type { KnexClient } from './knex-internals.js';

/** Methods and fields that must be there. Those of a transaction are there only while one runs; a test looks at them. */
const PARTS = {
  client: [
    'runner',
    'queryBuilder',
    'raw',
    'ref',
    'transaction',
    'acquireConnection',
    'releaseConnection',
    'acquireRawConnection',
    'validateConnection',
    'cancelQuery',
    'positionBindings',
    'query',
    'stream',
    'initializePool',
    'destroy',
    'emit',
  ],
  runner: ['client', 'builder', 'ensureConnection', 'stream', 'query'],
  builder: ['client', 'toSQL', 'clone', '_method', '_single', '_statements'],
  raw: ['client', 'toSQL', 'set', 'isRawInstance', 'sql'],
} as const;

/** Throws `InvalidOptionsError`, with its version and the name of the part, for a Knex that lacks what routing stands on. */
export function checkKnex(client: KnexClient): void {
  const raw = client.raw?.('');
  const found = {
    client,
    builder: client.queryBuilder?.(),
    raw,
    runner: raw && client.runner?.(raw),
  } satisfies Record<keyof typeof PARTS, unknown>;
  for (const [what, names] of Object.entries(PARTS)) {
    const part: object = found[what as keyof typeof PARTS] ?? {};
    const missing = names.find((name) => !(name in part));
    if (missing === undefined) continue;
    throw new InvalidOptionsError(
      `Knex ${knexVersion()} has no ${what}.${missing}, which routing stands on. Install a version that package.json's ` +
        'peerDependencies name: npm install knex@3.3',
    );
  }
}

function knexVersion(): string {
  const { version } = createRequire(import.meta.url)('knex/package.json') as { version: string };
  return version;
}
