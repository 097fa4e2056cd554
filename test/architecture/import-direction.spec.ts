import { describe, expect, it } from '@jest/globals';
import { circles } from './circles.js';
import { functionsOf } from './functions.js';
import { layout } from './layout.js';
import { type Import, type SourceFile, sourceFiles } from './source-files.js';

/** Optional parts: they import what they like, and no other part imports them. */
const OPTIONAL = ['testing', 'terminus', 'nest-add'];

const MAX_LINES = 200;
const MAX_FUNCTION_LINES = 50;
const MAX_PARAMETERS = 4;

/** Time, timers and chance, which a simulation replaces. */
const LOOKS_OUTSIDE =
  /\b(?:setTimeout|setInterval|Date\.now|performance\.now|Math\.random)\b|new Date\(\)|\brandom(?:Bytes|Int)\b/;
const MAY_LOOK_OUTSIDE = [
  'clock.ts',
  'composition/outside.ts',
  'balancer/random.balancer.ts', // Math.random is the default of what users construct themselves
  'balancer/least-busy.balancer.ts',
  'balancer/round-robin.balancer.ts',
];
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');

const ORDER = layout();

const files = sourceFiles();
const core = files.filter(({ path }) => !OPTIONAL.includes(stageOf(path)));

function stageOf(path: string): string {
  return path.split('/')[0]!;
}

const isOurs = ({ from }: Import) => from.endsWith('.ts');

function breaksOrder(file: SourceFile, one: Import): boolean {
  const [from, to] = [stageOf(file.path), stageOf(one.from)];
  if (!isOurs(one) || from === to) return false;
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

  it('make no circles between files', () => {
    expect(circles(files)).toEqual([]);
  });

  it('know of Nest in its adapter only, so that the core runs without it', () => {
    const ofNest = ({ from }: Import) =>
      from.startsWith('@nestjs/') || from === 'rxjs' || from === 'reflect-metadata';
    const outside = core.filter(({ path }) => stageOf(path) !== 'nest');
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
    const tooLong = files.filter(({ lines }) => lines > MAX_LINES);
    expect(tooLong.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  it('hold short functions', () => {
    const tooLong = files.flatMap(functionsOf).filter(({ lines }) => lines > MAX_FUNCTION_LINES);
    expect(tooLong.map(({ where, lines }) => `${where}: ${lines} lines`)).toEqual([]);
  });

  it('take at most four parameters by position', () => {
    const many = files.flatMap(functionsOf).filter(({ parameters }) => parameters > MAX_PARAMETERS);
    expect(many.map(({ where, parameters }) => `${where}: ${parameters} parameters`)).toEqual([]);
  });

  it('take time, timers and chance from outside', () => {
    const users = core.filter(
      ({ path, text }) => !MAY_LOOK_OUTSIDE.includes(path) && LOOKS_OUTSIDE.test(withoutComments(text)),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('are not called utils, helpers or types', () => {
    const named = files.filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|types|common)\.ts$/.test(path));
    expect(named.map(({ path }) => path)).toEqual([]);
  });
});
