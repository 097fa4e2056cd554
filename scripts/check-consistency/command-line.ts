import { parseArgs } from 'node:util';
import { positiveNumber } from '../common/positive-number.js';

export interface CommandLine {
  /** How long each row runs. */
  readonly seconds: number;
  /** Our rows are run round after round until they have made so many operations together. */
  readonly operations: number;
  /** Only rows whose name and router match. */
  readonly only: RegExp;
}

const DEFAULT_SECONDS = 8;

export const USAGE = `npm run check:consistency -- [options]

  --seconds N      how long each row runs (default ${DEFAULT_SECONDS})
  --operations N   run our rows again until they have made so many operations together, such as 1000000
  --only PATTERN   only rows whose name and router match, such as 'promotion|PgBouncer'`;

/** Undefined: help was asked for. Throws for what is no option or no number. */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      operations: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    seconds: positiveNumber('seconds', values.seconds) ?? DEFAULT_SECONDS,
    operations: positiveNumber('operations', values.operations) ?? 0,
    only: new RegExp(values.only ?? '', 'i'),
  };
}
