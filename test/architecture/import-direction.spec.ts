import { describe, expect, it } from '@jest/globals';
import { type Import, type SourceFile, sourceFiles } from './source-files.js';

/** Folders and files of src: each imports only from those before it. */
const ORDER = [
  'errors.ts',
  'routing-logger.ts',
  'knex-internals.ts',
  'context',
  'balancer',
  'intent',
  'options',
  'engines',
  'freshness',
  'health',
  'routing',
  'clients',
  'discovery',
  'dispatch',
  'knex',
  'database-routing.ts',
  'create-database-routing.ts',
  'nest',
  'index.ts',
];

/** Optional parts: they import what they like, and are imported by nobody. */
const OPTIONAL = ['testing', 'terminus'];

/** Types that may be imported against the order: what a user gave, as it was resolved. */
const TYPES_FOR_ALL = [
  'options/routing-logger.ts',
  'options/resolve-bookmark-options.ts',
  'options/resolved-options.ts',
  'options/resolve-health-options.ts',
  'options/database-routing-options.ts',
];

/** What may know of Nest. */
const NEST = ['nest'];

/** Longer than the rest: each with the reason why it is one file. */
const MAX_LINES = 200;
const LONGER: Record<string, number> = {
  'intent/sql-inspector.ts': 300, // one walk over one grammar
  'database-routing.ts': 275, // one service, and all of its public methods
  'health/health.ts': 225, // what engines say, and all that follows from it
  'dispatch/dispatcher.ts': 210, // the ways that queries and transactions take
  'knex/routed-client.ts': 430, // the classes that replace Knex's share what they close over
};

const files = sourceFiles();
const core = files.filter(({ path }) => !OPTIONAL.includes(stageOf(path)));

function stageOf(path: string): string {
  return path.split('/')[0]!;
}

const isOurs = ({ from }: Import) => from.endsWith('.ts');

function breaksOrder(file: SourceFile, one: Import): boolean {
  const [from, to] = [stageOf(file.path), stageOf(one.from)];
  if (!isOurs(one) || from === to) return false;
  if (one.typeOnly && TYPES_FOR_ALL.includes(one.from)) return false;
  return ORDER.indexOf(to) >= ORDER.indexOf(from);
}

function offenders(
  among: readonly SourceFile[],
  offends: (file: SourceFile, one: Import) => boolean,
): string[] {
  return among.flatMap((file) =>
    file.imports.filter((one) => offends(file, one)).map(({ from }) => `${file.path} imports ${from}`),
  );
}

describe('imports', () => {
  it('are found at all', () => {
    const all = core.flatMap(({ imports }) => imports);
    expect(all.filter(isOurs).length).toBeGreaterThan(100);
    expect(all.filter(({ from }) => from === 'knex').length).toBeGreaterThan(5);
    const text = files.map((file) => file.text).join('\n');
    expect(files.flatMap(({ imports }) => imports)).toHaveLength(
      (text.match(/^(?:import|export)[^;]*? from '|^} from '|\bimport\('|^import '/gm) ?? []).length,
    );
  });

  it('go one way: every folder has its place, and imports only from those before it', () => {
    expect([...new Set(core.map(({ path }) => stageOf(path)))].toSorted()).toEqual(ORDER.toSorted());
    expect(offenders(core, breaksOrder)).toEqual([]);
  });

  it('need each exception that is made', () => {
    const used = core.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ from }) =>
            TYPES_FOR_ALL.includes(from) && ORDER.indexOf(stageOf(path)) < ORDER.indexOf(stageOf(from)),
        )
        .map(({ from }) => from),
    );
    expect([...new Set(used)].toSorted()).toEqual(TYPES_FOR_ALL.toSorted());
  });

  it('know of Nest in its adapter only, so that the core runs without it', () => {
    const ofNest = ({ from }: Import) =>
      from.startsWith('@nestjs/') || from === 'rxjs' || from === 'reflect-metadata';
    const outside = core.filter(({ path }) => !NEST.includes(stageOf(path)));
    expect(offenders(outside, (_file, one) => ofNest(one))).toEqual([]);
  });

  it('never reach an optional part', () => {
    expect(offenders(core, (_file, { from }) => OPTIONAL.includes(stageOf(from)))).toEqual([]);
  });

  it('of AsyncLocalStorage are in one file', () => {
    const users = core.filter(({ imports }) => imports.some(({ from }) => from === 'node:async_hooks'));
    expect(users.map(({ path }) => path)).toEqual(['context/context-storage.ts']);
  });
});

describe('files', () => {
  it('name what they export: no `export *`', () => {
    expect(files.filter(({ text }) => /^export \*/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('are short', () => {
    const tooLong = files.filter(({ path, lines }) => lines > (LONGER[path] ?? MAX_LINES));
    expect(tooLong.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  it('are not called utils, helpers or types', () => {
    const named = files.filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|types|common)\.ts$/.test(path));
    expect(named.map(({ path }) => path)).toEqual([]);
  });
});
