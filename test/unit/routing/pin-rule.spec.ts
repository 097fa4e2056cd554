import { describe, expect, it } from '@jest/globals';
import { type Consistency, bounded } from '../../../src/context/consistency.js';
import { type Context, openContext } from '../../../src/context/context.js';
import { type QueryFacts, type RoutingRules, choose } from '../../../src/routing/choose.js';

const RULES: RoutingRules = { engineForRead: undefined, reads: 'slaves', consistency: 'session' };

function reasonOf(
  context: Partial<Context>,
  query: Partial<QueryFacts> = {},
  rules: Partial<RoutingRules> = {},
  wrote = false,
): string {
  const opened = { ...openContext('request', { balanced: true }), ...context };
  opened.work.pinned = true;
  opened.work.wrote = wrote;
  const read: QueryFacts = {
    intent: 'read',
    engine: undefined,
    consistency: 'session',
    builder: {},
    ...query,
  };
  const { engine, reason } = choose(read, opened, { ...RULES, ...rules });
  return `${engine};${reason}`;
}

describe('a pinned context', () => {
  it('reads on the master', () => {
    expect(reasonOf({})).toBe('master;pin');
  });

  it.each<[Consistency, string]>([
    ['eventual', 'slave;balanced'],
    ['strong', 'master;consistency'],
    [bounded(1000), 'master;pin'],
  ])('reads with the consistency %j as %s', (consistency, expected) => {
    expect(reasonOf({}, { consistency })).toBe(expected);
  });

  it('comes after every force', () => {
    expect(reasonOf({}, { engine: 'slave1' })).toBe('slave1;query');
    expect(reasonOf({ scope: 'slave1' })).toBe('slave1;scope');
    expect(reasonOf({ handler: { engine: 'slave1', reason: 'handler' } })).toBe('slave1;handler');
    expect(reasonOf({}, {}, { engineForRead: () => 'slave1' })).toBe('slave1;rule');
  });

  it('comes after its own writes, and before that no handler has started', () => {
    expect(reasonOf({}, {}, {}, true)).toBe('master;wrote');
    expect(reasonOf({ balanced: false })).toBe('master;pin');
  });

  it('is not freed of its pin where a scope lifts what forces', () => {
    expect(reasonOf({ scope: null })).toBe('master;pin');
  });
});
