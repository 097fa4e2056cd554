import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { versionAt } from './peers/installed.js';
import { routerNamed } from './routers/routers.js';

const ROOT = new URL('../', import.meta.url);
const DOCUMENT = new URL('docs/benchmarks.md', ROOT);

export function markdown({ title, head, rows }) {
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  return [`### ${title}`, '', ...lines].join('\n');
}

/** On what, with what and when it ran. */
export async function conditions(command, rounds, routers) {
  const require = createRequire(import.meta.url);
  const versions = { node: process.versions.node, knex: require('knex/package.json').version };
  for (const router of routers) {
    for (const name of (await routerNamed(router)).packages)
      versions[name] ??= versionAt(`node_modules/${name}`);
  }
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD'),
    machine: `${cpus().length} × ${cpus()[0].model}`,
    rounds,
    versions,
  };
}

export function sentence({ command, date, commit, machine, rounds, versions }) {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `\`${command}\`, ${date}, commit ${commit}, ${machine}, ${rounds} fresh processes each, in alternating order; ${list.join(', ')}.`;
}

/** Into `docs/benchmarks.md`, between the benchmark's markers, and as JSON beside the benchmarks. */
export function keep(name, about, { tables, raw }) {
  const folder = new URL('bench/results/', ROOT);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL(`${name}.json`, folder),
    `${JSON.stringify({ ...about, tables, raw }, undefined, 1)}\n`,
  );
  const document = readFileSync(DOCUMENT, 'utf8');
  const [begin, end] = [`<!-- ${name}: written by the command -->`, `<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md lacks the markers ${begin} and ${end}`);
  const text = [begin, '', sentence(about), '', ...tables.map((table) => `${markdown(table)}\n`), ''].join(
    '\n',
  );
  writeFileSync(DOCUMENT, document.slice(0, from) + text.trimEnd() + `\n\n${document.slice(to)}`);
}

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
