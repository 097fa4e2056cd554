import { describe, expect, it } from '@jest/globals';
import { type Context, type HandlerForce, nestContext, openContext } from '../../../src/context/context.js';
import { type Choice, type QueryFacts, type RoutingRules, choose } from '../../../src/routing/choose.js';

interface Case {
  query: Partial<QueryFacts>;
  scope: Context['scope'];
  handler: HandlerForce;
  rules: Partial<RoutingRules>;
  wrote: boolean;
  balanced: boolean;
}

const HANDLER: HandlerForce = { engine: 'slave5', reason: 'handler' };

/** The rules of the design in order: what makes each one speak, and what it then says. */
const RULES: [name: string, situation: Partial<Case>, choice: Choice][] = [
  ['2 a write', { query: { intent: 'write' } }, { engine: 'master', reason: 'write' }],
  ["3 the query's own engine", { query: { engine: 'slave3' } }, { engine: 'slave3', reason: 'query' }],
  ['4 the innermost scope', { scope: 'slave4' }, { engine: 'slave4', reason: 'scope' }],
  ['5 the handler', { handler: HANDLER }, { engine: 'slave5', reason: 'handler' }],
  [
    '6 the rule of the user',
    { rules: { engineForRead: () => 'slave6' } },
    { engine: 'slave6', reason: 'rule' },
  ],
  ["6 reads: 'master'", { rules: { reads: 'master' } }, { engine: 'master', reason: 'rule' }],
  ['7 strong consistency', { query: { consistency: 'strong' } }, { engine: 'master', reason: 'consistency' }],
  ['7 the context wrote', { wrote: true }, { engine: 'master', reason: 'wrote' }],
  ['8 no context', { balanced: false }, { engine: 'master', reason: 'no-context' }],
  ['10 a balanced read', {}, { engine: 'slave', reason: 'balanced' }],
];

function decided(...situations: Partial<Case>[]): Choice {
  const all = Object.assign({}, ...situations) as Partial<Case>;
  const query = Object.assign({}, ...situations.map((one) => one.query)) as Partial<QueryFacts>;
  const rules: RoutingRules = Object.assign(
    { engineForRead: undefined, reads: 'slaves', consistency: 'session' },
    ...situations.map((one) => one.rules),
  );
  const outer = openContext('job', { balanced: all.balanced ?? true });
  outer.work.wrote = all.wrote ?? false;
  const context = nestContext(outer, { scope: all.scope, handler: all.handler });
  return choose(
    { intent: 'read', engine: undefined, consistency: 'session', builder: {}, ...query },
    context,
    rules,
  );
}

describe('which engine: first match wins', () => {
  it.each(RULES)('%s', (_name, situation, choice) => {
    expect(decided(situation)).toEqual(choice);
  });

  it('7 wrote holds what outlives its work only where no position tells what was written', () => {
    const decide = (byPosition: boolean) => {
      const context = openContext('job', { balanced: true });
      context.work.wrote = true;
      context.work.progress = 'over';
      const rules = {
        engineForRead: undefined,
        reads: 'slaves',
        consistency: 'session',
        byPosition,
      } as const;
      return choose(
        { intent: 'read', engine: undefined, consistency: 'session', builder: {} },
        context,
        rules,
      );
    };
    expect([decide(false), decide(true)]).toEqual([
      { engine: 'master', reason: 'wrote' },
      { engine: 'slave', reason: 'balanced' },
    ]);
  });

  const pairs = RULES.slice(1).map((rule, n) => [RULES[n]![0], rule[0], RULES[n]!, rule] as const);

  it.each(pairs)('%s comes before %s', (_first, _second, [, one, choice], [, other]) => {
    expect(decided(one, other)).toEqual(choice);
    expect(decided(other, one)).toEqual(choice);
  });

  it('forces beat pins beat choice', () => {
    const everything = RULES.map(([, situation]) => situation);
    for (const [n, [, , choice]] of RULES.entries()) expect(decided(...everything.slice(n))).toEqual(choice);
  });

  it.each<[string, Partial<Case>, Choice]>([
    [
      'what is not proved a read is a write',
      { query: { intent: 'unproved' } },
      { engine: 'master', reason: 'write' },
    ],
    [
      'save that the query itself is believed',
      { query: { intent: 'unproved', engine: 'slave1' } },
      { engine: 'slave1', reason: 'query' },
    ],
    [
      'a scope is not',
      { query: { intent: 'unproved' }, scope: 'slave1' },
      { engine: 'master', reason: 'write' },
    ],
    [
      'nor a handler',
      { query: { intent: 'unproved' }, handler: HANDLER },
      { engine: 'master', reason: 'write' },
    ],
    [
      'a write that names an engine is still a write',
      { query: { intent: 'write', engine: 'slave1' } },
      { engine: 'master', reason: 'write' },
    ],
    [
      'null lifts scope and handler',
      { scope: null, handler: HANDLER },
      { engine: 'slave', reason: 'balanced' },
    ],
    [
      'and a master param',
      { scope: null, handler: { engine: 'master', reason: 'master-param' } },
      { engine: 'slave', reason: 'balanced' },
    ],
    ['but not that the context wrote', { scope: null, wrote: true }, { engine: 'master', reason: 'wrote' }],
    ['nor that there is none', { scope: null, balanced: false }, { engine: 'master', reason: 'no-context' }],
    ['eventual consistency ignores that the context wrote', { query: { consistency: 'eventual' }, wrote: true }, { engine: 'slave', reason: 'balanced' }], // prettier-ignore
    ['bounded consistency does not', { query: { consistency: { maxLagMs: 1 } }, wrote: true }, { engine: 'master', reason: 'wrote' }], // prettier-ignore
    ['forces beat strong consistency', { query: { consistency: 'strong' }, scope: 'slave2' }, { engine: 'slave2', reason: 'scope' }], // prettier-ignore
    [
      'a master param says so',
      { handler: { engine: 'master', reason: 'master-param' } },
      { engine: 'master', reason: 'master-param' },
    ],
    [
      'a router without opinion',
      { rules: { engineForRead: () => undefined } },
      { engine: 'slave', reason: 'balanced' },
    ],
    [
      'forces work before a handler starts',
      { scope: 'slave2', balanced: false },
      { engine: 'slave2', reason: 'scope' },
    ],
  ])('%s', (_what, situation, choice) => {
    expect(decided(situation)).toEqual(choice);
  });

  it("does not ask the user's rule for what is decided before it", () => {
    const rules = { engineForRead: () => { throw new Error('asked'); } }; // prettier-ignore
    expect(decided({ rules }, { query: { intent: 'write' } }).reason).toBe('write');
    expect(decided({ rules }, { scope: 'slave1' }).reason).toBe('scope');
    expect(() => decided({ rules })).toThrow('asked');
  });
});
