import { ANY_SLAVE } from '../../context/context.js';
import { InvalidOptionsError } from '../../errors.js';
import { RecordedEngines, type RecordedQuery } from './recorded-engines.js';

/** What a matcher of Jest's and of Vitest's answers. */
interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend()`, of Jest and of Vitest; see docs/testing.md for their types. */
export const routingMatchers = {
  /** Whether a read was sent to an engine: `'master'`, a slave's name, or `'slave'` for any slave. */
  toHaveReadFrom: (engines: unknown, engine: string): Matched =>
    matched(recorded(engines, 'toHaveReadFrom').reads, engine, 'read from'),

  /** The same of a write. */
  toHaveWrittenTo: (engines: unknown, engine: string): Matched =>
    matched(recorded(engines, 'toHaveWrittenTo').writes, engine, 'write to'),
};

/** The matchers' types, to be merged into those of the test runner. */
export interface RoutingMatchers<Returned = void> {
  toHaveReadFrom(engine: string): Returned;
  toHaveWrittenTo(engine: string): Returned;
}

function recorded(engines: unknown, matcher: string): RecordedEngines {
  if (engines instanceof RecordedEngines) return engines;
  throw new InvalidOptionsError(
    `${matcher}() takes what recordEngines() gives: expect(engines).${matcher}('slave1')`,
  );
}

function matched(queries: readonly RecordedQuery[], engine: string, what: string): Matched {
  const fits = ({ engine: on }: RecordedQuery): boolean =>
    engine === ANY_SLAVE ? on !== 'master' : on === engine;
  const pass = queries.some(fits);
  const lines = queries.map(({ engine: on, sql }) => `  ${on}: ${sql}`);
  const found = lines.length > 0 ? `there were:\n${lines.join('\n')}` : 'there was none at all';
  return { pass, message: () => `expected ${pass ? 'no' : 'a'} ${what} ${engine}; ${found}` };
}
