import { parseArgs } from 'node:util';
import { positiveNumber } from '../common/positive-number.js';
import { type Outcome, check } from './check.js';
import { KIND_NAMES } from './kinds.js';

const DEFAULT_SECONDS = 300;
const DEFAULT_LAG_MS = 200;

const USAGE = `npm run check:migrations -- [options]

One process migrates all the time, another reads over two slaves that are late. No read may fail, and no lock or setting
may stay on a slave.

  --seconds N   how long (default ${DEFAULT_SECONDS})
  --lag-ms N    how late the slaves are (default ${DEFAULT_LAG_MS})`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    'lag-ms': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const seconds = positiveNumber('seconds', values.seconds) ?? DEFAULT_SECONDS;
  const lagMs = positiveNumber('lag-ms', values['lag-ms']) ?? DEFAULT_LAG_MS;
  const outcome = await check(seconds, lagMs);
  console.log(tableOf(outcome));
  for (const [what, message] of outcome.errors) console.log(`failed: ${what}: ${message}`);
  const { reads, locks, settings, migrations } = outcome;
  const total = KIND_NAMES.reduce((sum, kind) => sum + reads[kind].total, 0);
  const failed = KIND_NAMES.reduce((sum, kind) => sum + reads[kind].failed, 0);
  const holds = failed === 0 && locks === 0 && settings === 0 && total > 0;
  const what = `${failed} of ${total} reads failed, ${locks} locks and ${settings} settings were left on slaves`;
  console.log(`${holds ? 'HOLDS' : 'DOES NOT HOLD'}: in ${seconds} s of ${migrations} migrations ${what}`);
  process.exitCode = holds ? 0 : 1;
}

function tableOf({ reads }: Outcome): string {
  const rows = KIND_NAMES.map((kind) => {
    const { total, onSlaves, failed } = reads[kind];
    const share = total === 0 ? '-' : `${Math.round((100 * onSlaves) / total)} %`;
    return `| ${kind} | ${total} | ${share} | ${failed} |`;
  });
  return ['| what is read | reads | on slaves | failed |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
