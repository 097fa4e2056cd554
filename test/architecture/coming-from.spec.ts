import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { testTitles } from './test-titles.js';

const ROOT = new URL('../../', import.meta.url);

const HEADINGS = [
  'TurboGears 2: BalancedSession',
  "zzzeek's with_slave and RoutingSession",
  'django-multidb-router: the original and the clearcare fork',
  'The SlaveManager gist',
  'nest-knexjs, nestjs-knex, or a Knex of your own',
];

interface Row {
  readonly there: string;
  /** Each as `test/unit/x.spec.ts: its title`. */
  readonly tests: readonly string[];
}

/** The rows of the tables, by the headings that these stand under. */
function tablesIn(page: string): Map<string, Row[]> {
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const [, , ...rows] = lines.filter((line) => line.startsWith('| ')); // below the table's head and its line
      return [heading, rows.map(rowOf)];
    }),
  );
}

function rowOf(line: string): Row {
  const [there = '', , tests = ''] = line.slice('| '.length, -' |'.length).split(' | ');
  return { there, tests: tests.split('<br>').map((test) => test.replaceAll('`', '')) };
}

const pathOf = (test: string): string => test.replace(/: .*$/s, '');
const titleOf = (test: string): string => test.replace(/^.*?: /, '');

/** The titles in these files, each read once; none where there is no such file. */
function titlesOf(paths: Iterable<string>): Map<string, Set<string>> {
  return new Map(
    [...new Set(paths)].map((path) => {
      const file = new URL(path, ROOT);
      return [path, existsSync(file) ? testTitles(readFileSync(file, 'utf8')) : new Set()];
    }),
  );
}

describe('the page for those who come from another system', () => {
  const tables = tablesIn(readFileSync(new URL('docs/coming-from.md', ROOT), 'utf8'));
  const rows = [...tables.values()].flat();

  it('has a table for each of them', () => {
    expect([...tables.keys()]).toEqual(HEADINGS);
    for (const [, { length }] of tables) expect(length).toBeGreaterThanOrEqual(3);
  });

  it('names a test in each row', () => {
    expect(rows.filter(({ tests }) => !tests[0]).map(({ there }) => there)).toEqual([]);
  });

  it('names no test that is not there', () => {
    const named = rows.flatMap(({ tests }) => tests);
    const titles = titlesOf(named.map(pathOf));
    expect(named.filter((test) => !titles.get(pathOf(test))?.has(titleOf(test)))).toEqual([]);
  });
});

describe('the titles in a spec', () => {
  const titles = testTitles(`
    const ROWS = [['c', 1], [d, 2]] as const;
    describe('outside', () => {
      describe.each(['inside', 'below'])('(%s)', () => {
        it('is named', () => {});
        it.each<string>(['a', "b"])('takes %s', () => {});
      });
      it.each(ROWS)('gives %s and %i', () => {});
    });
    it.skip('is skipped', () => {});
    it.failing.each(['x'])('fails: %s', () => {});
    call('is something else');
  `);

  it('are those of tests, alone and with the describes around them', () => {
    for (const title of [
      'is named',
      '(%s) is named',
      '(below) is named',
      'outside (inside) is named',
      'outside is named',
    ])
      expect([title, titles.has(title)]).toEqual([title, title !== 'outside is named']);
  });

  it('are filled in from the rows of a table', () => {
    for (const title of [
      'takes %s',
      'takes a',
      'outside (below) takes b',
      'gives %s and %i',
      'outside gives c and %i',
    ])
      expect([title, titles.has(title)]).toEqual([title, true]);
  });

  it('are not those of tests that are skipped or are to fail, or of anything else', () => {
    const others = ['is skipped', 'fails: %s', 'fails: x', 'is something else', 'outside', 'takes'];
    expect(others.filter((title) => titles.has(title))).toEqual([]);
  });
});
