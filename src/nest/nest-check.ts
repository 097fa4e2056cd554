import { createRequire } from 'node:module';
import type { HttpAdapterHost } from '@nestjs/core';
import { InvalidOptionsError } from '../errors.js';
import { here } from '../here.js';

/** Throws `InvalidOptionsError` for a Nest before 11.1, which tells nobody when its HTTP adapter is there. */
export function checkNest(adapterHost: Partial<HttpAdapterHost>): void {
  if (adapterHost.init$) return;
  throw new InvalidOptionsError(
    `Nest ${nestVersion()} is not supported, 11.1 and later and 12 are. Install one: npm install @nestjs/core@12 @nestjs/common@12`,
  );
}

/** Such as `11.2.10`. */
export function nestVersion(): string {
  const { version } = createRequire(here)('@nestjs/core/package.json') as { version: string };
  return version;
}
