// Tries the package, packed as it would be published, in apps of other versions: npm run check:versions
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pack } from '../common/pack.js';
import { App } from './app.js';
import { CELLS, CORNERS } from './cells.js';
import { inPage, tableOf } from './table.js';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/where-it-works.md');
const USAGE = `npm run check:versions -- [--corners] [--only NAME] [--keep]
  --corners    the first ${CORNERS} cells only, as CI does
  --only NAME  the cells with that in their name
  --keep       leaves the apps in their folder, and says where
All cells together write the table of docs/where-it-works.md.`;

const { values } = parseArgs({
  options: {
    corners: { type: 'boolean' },
    only: { type: 'string' },
    keep: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(USAGE);
else await main(values);

async function main({ corners, only, keep }) {
  const cells = CELLS.slice(0, corners ? CORNERS : undefined).filter(({ name }) => name.includes(only ?? ''));
  if (cells.length === 0)
    throw new Error(`no cell has ${only} in its name: ${CELLS.map(({ name }) => name).join(', ')}`);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'check-versions-'));
  try {
    const results = [];
    const tarball = pack(folder);
    for (const cell of cells) {
      console.log(`\n${cell.name} (${results.length + 1} of ${cells.length}): ${titleOf(cell)}`);
      results.push(await tryCell(cell, folder, tarball, keep));
    }
    console.log(`\n${tableOf(results)}`);
    if (!corners && only === undefined)
      writeFileSync(PAGE, inPage(readFileSync(PAGE, 'utf8'), tableOf(results)));
    const failed = results.filter(({ failures }) => failures.length > 0);
    console.log(`\n${results.length - failed.length} of ${results.length} cells passed`);
    if (failed.length > 0) process.exitCode = 1;
  } finally {
    if (keep) console.log(folder);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function tryCell(cell, folder, tarball, keep) {
  const app = new App(join(folder, cell.name.replaceAll(' ', '-')), cell, tarball);
  const failures = [];
  let checks = [];
  try {
    const node = nodeOf(cell.node, folder);
    await app.install();
    failures.push(...(await app.compile()));
    ({ checks } = await app.smoke(node));
    for (const { check, error } of checks) if (error !== undefined) failures.push(`${check}: ${error}`);
  } catch (error) {
    failures.push(`${error.message}\n${error.stderr ?? ''}`);
  }
  const passed = checks.filter(({ error }) => error === undefined).length;
  console.log(`  ${passed} of ${checks.length} checks passed`);
  for (const failure of failures) console.log(`  FAILED ${failure}`);
  if (!keep) rmSync(app.folder, { recursive: true, force: true });
  return { cell, passed, count: checks.length, failures };
}

/** npm's package `node` brings the binary. */
function nodeOf(version, folder) {
  const home = join(folder, `node-${version}`);
  const node = join(home, 'node_modules/node/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', `node@${version}`, '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: home,
    stdio: 'ignore',
  });
  return node;
}

function titleOf({ labels }) {
  return Object.entries(labels)
    .map(([what, label]) => `${what} ${label}`)
    .join(', ');
}
