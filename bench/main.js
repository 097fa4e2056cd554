// npm run bench -- <overhead|intent> [--rounds N]
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { intent } from './intent.js';
import { overhead } from './overhead.js';

const BENCHMARKS = { overhead, intent };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' } },
});
const benchmark = BENCHMARKS[positionals[0]];
const rounds = Number(values.rounds);
if (!benchmark || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`Usage: npm run bench -- <${Object.keys(BENCHMARKS).join('|')}> [--rounds N]`);
  process.exit(2);
}

const tables = await benchmark({ rounds });
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, ${rounds} fresh processes each, in alternating order\n`,
);
for (const { title, head, rows } of tables) {
  console.log(`## ${title}\n`);
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
  console.log();
}
