import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { sourceFiles } from './source-files.js';

/** Parts of names that mean one thing (docs/architecture.md), and the names that may have them all the same. */
const WORDS: readonly { word: RegExp; may: readonly string[]; instead: string }[] = [
  {
    word: /session/i,
    may: ['BalancedSession', 'InjectBalancedSession', 'SessionMethods', 'getBalancedSessionToken'],
    instead: "connection for PostgreSQL's, client for whoever the answers go to",
  },
  { word: /^(?:reads|reading)$/, may: ['reads'], instead: 'freshness; `reads` is the option' },
  { word: /^places?$|Places?(?![a-z])/, may: [], instead: 'server, or decision' },
  { word: /^route$|Route$/, may: [], instead: 'decide, or dispatch' },
  { word: /^router$|Router$/, may: ['router', 'QueryRouter'], instead: 'decider; `router` is the option' },
  { word: /replica|primary|secondary|reader/i, may: [], instead: 'slave, master' },
];

/** Elsewhere `reads` counts reads, and servers of other systems have words of their own. */
const LEFT_OUT = /^testing\//;
const MAY_COUNT = /^(?:routing\/master-budget|intent\/)/;

interface Declared {
  readonly path: string;
  readonly name: string;
}

/** What the files of src name: variables, parameters, functions, classes, members and types. */
function declared(): Declared[] {
  return sourceFiles()
    .filter(({ path }) => !LEFT_OUT.test(path))
    .flatMap(({ path, text }) => {
      const names: string[] = [];
      const visit = (node: ts.Node): void => {
        const { name } = node as { name?: ts.Node };
        if (name && ts.isIdentifier(name) && !ts.isPropertyAccessExpression(node)) names.push(name.text);
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
      return names.map((name) => ({ path, name }));
    });
}

describe('one word, one thing', () => {
  const all = declared();

  it('finds the names', () => {
    expect(all.length).toBeGreaterThan(1_000);
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['DatabaseRouting', 'knexEngine', 'seen']),
    );
  });

  it.each(WORDS)('$word', ({ word, may, instead }) => {
    const found = all.filter(
      ({ path, name }) => word.test(name) && !may.includes(name) && !MAY_COUNT.test(path),
    );
    expect(found.map(({ path, name }) => `${path}: ${name}; say ${instead}`)).toEqual([]);
  });
});
