import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, median } from './alternate.js';
import { WORKS } from './queries.js';
import { serversOf, startReplication } from './replication.js';

const ROOT = join(import.meta.dirname, '..');
const SCRIPT = new URL('./against-figure.js', import.meta.url);

/** A pool of so many connections lets six of eight clients wait. */
const FEW = 2;

/**
 * This build against the one of an earlier commit, and both against bare Knex, by CPU time. All three run in one process, a few
 * queries in turn: two processes that do the same differ by 20 % on a busy machine.
 */
export async function against({ rounds, work: share, nodes, commit }) {
  const folder = mkdtempSync(join(tmpdir(), 'routing-against-'));
  const replication = await startReplication(1);
  const servers = serversOf(replication);
  const places = [
    { place: 'with a Knex client that answers at once' },
    { place: 'on PostgreSQL, 8 queries at a time', servers },
    { place: `on PostgreSQL, 8 queries at a time on ${FEW} connections`, servers, most: FEW },
  ];
  try {
    const builds = { before: buildOf(commit, join(folder, 'before')), now: thisBuild(join(folder, 'now')) };
    const tables = [];
    const raw = {};
    for (const { path, version } of nodes) {
      for (const { place, ...where } of places) {
        const title = `Node ${version}, ${place}`;
        const settings = { title, share, node: path, builds, ...where };
        raw[title] = Object.fromEntries(await alternate(SCRIPT, WORKS.flatMap(orders), rounds, settings));
        tables.push(table(title, raw[title]));
      }
    }
    return { tables, raw };
  } finally {
    await replication.stop();
    rmSync(folder, { recursive: true });
  }
}

const orders = (work) => [`forth:${work}`, `back:${work}`];

function buildOf(commit, folder) {
  mkdirSync(folder);
  const archive = execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 1e9 });
  execFileSync('tar', ['-x'], { cwd: folder, input: archive });
  linkModules(folder);
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder, stdio: 'inherit' });
  return loadable(folder);
}

function thisBuild(folder) {
  mkdirSync(folder);
  for (const part of ['package.json', 'dist'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  linkModules(folder);
  return loadable(folder);
}

const linkModules = (folder) => symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

/** Without what refuses a second copy in one process. */
function loadable(folder) {
  const dist = ['dist/esm', 'dist'].map((name) => join(folder, name)).find((path) => existsSync(path));
  writeFileSync(join(dist, 'loaded-once.js'), 'export function assertLoadedOnce() {}\n');
  return join(dist, 'index.js');
}

function table(title, figures) {
  const rows = WORKS.map((work) => {
    const own = orders(work).flatMap((order) => figures[order]);
    const [bare, before, now] = ['bare', 'before', 'now'].map((side) => own.map((figure) => figure[side]));
    const micros = [bare, before, now].map((side) => `${median(side).toFixed(1)} µs`);
    return [work, ...micros, ...bounded(now, before), ...bounded(now, bare)];
  });
  const head = ['query', 'bare', 'before', 'now', 'now to before', 'at most', 'now to bare', 'at most'];
  return { title, head, rows };
}

/** The median ratio within a process, and the bound that the true one is under with a certainty of 95 %. */
function bounded(figures, base) {
  const ratios = figures.map((figure, index) => figure / base[index]).toSorted((a, b) => a - b);
  return [median(ratios), ratios[upperRank(ratios.length)]].map((ratio) => ratio.toFixed(3));
}

/**
 * The place in the order of `count` figures above which the true median lies with a chance of at most 5 %: as often as a coin
 * that is thrown so often falls on one side at least so many times. The last where there are too few to tell.
 */
function upperRank(count) {
  let chance = 0;
  let combinations = 1;
  for (let above = 0; above < count; above++) {
    chance += combinations / 2 ** count;
    if (chance > 0.05) return Math.min(count - 1, count - above);
    combinations = (combinations * (count - above)) / (above + 1);
  }
  return count - 1;
}
