import { parseArgs } from 'node:util';

export interface CommandLine {
  /** How long each row runs. */
  readonly seconds: number;
  /** Our rows are run round after round until they have made so many operations together. */
  readonly operations: number;
  /** Only rows whose name or router contains this. */
  readonly only: string | undefined;
}

const DEFAULT_SECONDS = 8;

export const USAGE = `npm run check:consistency -- [options]

  --seconds N      how long each row runs (default ${DEFAULT_SECONDS})
  --operations N   run our rows again until they have made so many operations together, such as 1000000
  --only TEXT      only rows with this in their name or router`;

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
    seconds: positive('seconds', values.seconds) ?? DEFAULT_SECONDS,
    operations: positive('operations', values.operations) ?? 0,
    only: values.only?.toLowerCase(),
  };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text.replaceAll('_', ''));
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return number;
}
