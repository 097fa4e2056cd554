import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { against } from './against.js';
import { gain } from './gain.js';
import { intent } from './intent.js';
import { overhead } from './overhead.js';
import { request } from './request.js';
import { scale } from './scale.js';
import { tail } from './tail.js';
import { installPeers } from './peers/installed.js';
import { conditions, keep, markdown, sentence } from './results.js';
import { PEERS, ROUTERS } from './routers/routers.js';

const BENCHMARKS = {
  gain: { run: gain, rounds: 3, routers: ROUTERS },
  overhead: { run: overhead, rounds: 7, routers: ROUTERS },
  scale: { run: scale, rounds: 5, routers: [] },
  tail: { run: tail, rounds: 3, routers: ['ours', '2253'] },
  request: { run: request, rounds: 7, routers: [] },
  intent: { run: intent, rounds: 7, routers: [] },
  against: { run: against, rounds: 5, routers: [], isKept: false },
};

const USAGE = `Usage: npm run bench -- <${Object.keys(BENCHMARKS).join('|')}> [options]
  against COMMIT    this build against that of a commit; prints only
  --rounds N        fresh processes for each figure (default 3 or 7)
  --routers A,B     for gain, tail and overhead: those to compare, of
                    ${ROUTERS.join(', ')} (default all; tail: ours,2253)
  --cases TEXT      for tail: only the cases whose name has this
  --work SHARE      of the usual work, for a quick look (default 1)
  --node PATH       for against, overhead and request: another Node to run on, beside this one
  --decisions N     for scale: how many the heap has to bear (default 1,000,000)
  --dry             print only; otherwise docs/benchmarks.md and bench/results/ get the results`;

function readCommandLine() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      routers: { type: 'string' },
      cases: { type: 'string', default: '' },
      work: { type: 'string', default: '1' },
      decisions: { type: 'string', default: '1000000' },
      node: { type: 'string', multiple: true, default: [] },
      dry: { type: 'boolean', default: false },
    },
  });
  const [name, commit = 'HEAD'] = positionals;
  const benchmark = Object.hasOwn(BENCHMARKS, name ?? '') ? BENCHMARKS[name] : undefined;
  if (!benchmark) throw new Error(`there is no benchmark ${name ?? 'without a name'}`);
  const rounds = positive('rounds', values.rounds ?? benchmark.rounds);
  const routers = values.routers?.split(',') ?? benchmark.routers;
  const unknown = routers.find((router) => !ROUTERS.includes(router));
  if (unknown !== undefined) throw new Error(`--routers: there is no ${unknown}`);
  const work = positive('work', values.work);
  const decisions = positive('decisions', values.decisions.replaceAll('_', ''));
  const nodes = [process.execPath, ...values.node].map((path) => ({ path, version: versionOf(path) }));
  const dry = values.dry || benchmark.isKept === false;
  return {
    name,
    benchmark,
    dry,
    options: { rounds, routers, cases: values.cases, work, decisions, nodes, commit },
  };
}

function versionOf(node) {
  try {
    return execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new Error(`--node: ${node} is no Node that runs: ${error.message}`, { cause: error });
  }
}

function positive(name, text) {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return name === 'work' ? number : Math.round(number);
}

async function main({ name, benchmark, dry, options }) {
  if (options.routers.some((router) => PEERS.includes(router))) installPeers();
  const result = await benchmark.run(options);
  const versionAtPath = (word) => options.nodes.find(({ path }) => path === word)?.version ?? word;
  const command = ['npm run bench --', name, ...process.argv.slice(3).map(versionAtPath)].join(' ');
  const about = await conditions(command, options.rounds, options.routers);
  console.log(`${sentence(about)}\n`);
  const printed = result.tables.map((table) => `${markdown(table)}\n`).join('\n');
  console.log(printed);
  if (/NaN|undefined/.test(printed)) throw new Error(`a figure of ${name} is missing`);
  if (!dry) keep(name, about, result);
}

let commandLine;
try {
  commandLine = readCommandLine();
} catch (error) {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
await main(commandLine);
// Some libraries leave connections behind that wait for ever.
process.exit();
