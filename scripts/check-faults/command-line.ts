import { parseArgs } from 'node:util';
import { positiveNumber } from '../common/positive-number.js';
import { type RouterName, ROUTER_NAMES } from './routers/routers.js';

export interface CommandLine {
  /** Only faults whose name contains this. */
  readonly only: string | undefined;
  /** How long each fault lasts. */
  readonly seconds: number;
  readonly routers: readonly RouterName[];
  /** A file for the results. */
  readonly json: string | undefined;
}

const DEFAULT_SECONDS = 6;

export const USAGE = `npm run check:faults -- [options]

  --only TEXT      only faults with this in their name
  --seconds N      how long each fault lasts (default ${DEFAULT_SECONDS})
  --router NAME    only this one of ${ROUTER_NAMES.join(', ')}
  --json FILE      writes the results there as well`;

/** Undefined: help was asked for. Throws for what is no option, no number, no router. */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      seconds: { type: 'string' },
      router: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    only: values.only?.toLowerCase(),
    seconds: positiveNumber('seconds', values.seconds) ?? DEFAULT_SECONDS,
    routers: values.router === undefined ? ROUTER_NAMES : [routerName(values.router)],
    json: values.json,
  };
}

function routerName(text: string): RouterName {
  const name = ROUTER_NAMES.find((known) => known === text);
  if (name) return name;
  throw new Error(`--router must be one of ${ROUTER_NAMES.join(', ')}, got ${text}`);
}
