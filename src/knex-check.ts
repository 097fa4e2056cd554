import { createRequire } from 'node:module';
import { InvalidOptionsError } from './errors.js';
import { here } from './here.js';
import type { KnexClient } from './knex-internals.js';
import type { RoutingLogger } from './routing-logger.js';

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
    '_query',
    'stream',
    'initializePool',
    'destroy',
    'emit',
  ],
  runner: ['client', 'builder', 'ensureConnection', 'stream', 'query'],
  builder: ['client', 'toSQL', 'clone', '_method', '_single', '_statements'],
  raw: ['client', 'toSQL', 'set', 'isRawInstance', 'sql'],
} as const;

/** What `check:versions` has shown to work, as package.json's peerDependencies say it. */
const SUPPORTED = 'Knex 3.0.1 to 3.3';
const NEWEST_MINOR = 3;

/**
 * Throws `InvalidOptionsError`, with its version, for a Knex of another major, or one that lacks what routing stands on, by the
 * name of the part. A newer minor is a warning.
 */
export function checkKnex(
  client: KnexClient,
  logger: Pick<RoutingLogger, 'warn'>,
  version = knexVersion(),
): void {
  const [major, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  if (major !== 3 || (minor === 0 && patch === 0))
    throw new InvalidOptionsError(`Knex ${version} is not supported, ${SUPPORTED} is. ${INSTALL}`);
  const missing = missingPart(client);
  if (missing !== undefined)
    throw new InvalidOptionsError(
      `Knex ${version} has no ${missing}, which routing stands on; ${SUPPORTED} is supported. ${INSTALL}`,
    );
  if (minor > NEWEST_MINOR)
    logger.warn(`Knex ${version} is newer than what routing was tried with: ${SUPPORTED}.`);
}

const INSTALL = 'Install it: npm install knex@3.3';

function missingPart(client: KnexClient): string | undefined {
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
    if (missing !== undefined) return `${what}.${missing}`;
  }
  return undefined;
}

/** Such as `3.3.0`. */
export function knexVersion(): string {
  const { version } = createRequire(here)('knex/package.json') as { version: string };
  return version;
}
