import { describe, expect, it } from '@jest/globals';
import { KnownCatalogue, func, volatile } from './known-catalogue.js';

const BUMP = volatile('bump', { arguments: 0 });
const RANDOM = volatile('random', { schema: 'pg_catalog', arguments: 0 });

/** What a call of a function with this body is. */
async function called(body: string, language = 'plpgsql'): Promise<string> {
  const known = await KnownCatalogue.of({
    functions: [func('f', { arguments: 0, language, body }), BUMP, volatile('Bump Me'), RANDOM],
    masterOnly: [['public', 'scratch']],
    operators: [['public', '<~~>', false]],
    castTypes: ['ticket'],
  });
  return known.intent('select f()');
}

describe('a function that is called stable', () => {
  it.each([
    `begin return (select count(*) from posts); end`,
    `begin -- does not execute bump()\n return 'execute bump(), as in "Bump Me"'; end`,
    `begin /* bump() */ return random() * $1 + 1; end`,
    `declare n int := 1; begin for i in 1 .. 10 loop n := n + i; end loop; return n; end`,
  ])('is read on slaves where its body calls nothing else: %s', async (body) =>
    expect(await called(body)).toBe('read'),
  );

  it.each([
    `begin perform bump(); return 1; end`,
    `begin return BUMP(); end`,
    `begin return public . bump (); end`,
    `begin return "Bump Me"(); end`,
    `begin execute 'select bu' || 'mp()'; return 1; end`,
    `begin return (select count(*) from scratch); end`,
    `begin return 1 <~~> 2; end`,
    `begin return '1'::ticket; end`,
    `begin return /* 'it''s */ bump() -- '; end`,
    `begin return 'a\\' || bump() || '; end`,
    `begin return $q$'$q$ || bump() || $q$'$q$; end`,
    `begin return 1 /* /* */ ' */ + bump() -- '\n; end`,
    `begin return 1 -- '\r + bump() -- '\n; end`,
    `begin return U&"b\\0075mp"(); end`,
    `begin return "it's"() || bump() || "it's"(); end`,
  ])('is held where a word of its body is: %s', async (body) => expect(await called(body)).toBe('unproved'));

  it('is looked into as SQL where its words could mean columns', async () => {
    expect(await called('select posts.bump from posts', 'sql')).toBe('read');
    expect(await called('select bump() from posts', 'sql')).toBe('unproved');
    expect(await called('select posts.bump from posts')).toBe('unproved');
  });

  it('is held in a language whose text can run any SQL', async () => {
    expect(await called('return 1', 'plpython3u')).toBe('unproved');
  });

  it('says why, and that somebody may know better', async () => {
    const known = await KnownCatalogue.of({
      functions: [func('f', { arguments: 0, language: 'plpgsql', body: 'begin return bump(); end' }), BUMP],
    });
    expect(known.because('select f()')).toBe('function f may do more than read');
    expect(known.because('select f(), bump()')).toBe('function bump is volatile');
  });
});

describe('what calls such a function', () => {
  const lying = func('lying', { language: 'plpgsql', body: 'begin return bump(); end' });

  it('is held as well: views, operators, aggregates, other bodies', async () => {
    const known = await KnownCatalogue.of({
      functions: [
        lying,
        BUMP,
        func('outer', { language: 'sql', body: 'select lying($1)' }),
        func('lying_sum', { language: 'aggregate', body: '"int4pl" "lying"' }),
      ],
      operators: [['public', '<~>', true, ['lying']]],
      views: [['public', 'over_it', ['select lying(1)']]],
    });
    for (const sql of ['outer(1)', 'lying_sum(1)', '1 <~> 2', '(select 1 from over_it)']) {
      expect([sql, known.intent(`select ${sql}`)]).toEqual([sql, 'unproved']);
    }
    expect(known.catalogue.relation(undefined, 'over_it')).toBe('doubtful');
  });

  it('is held whichever of two that call each other is asked for first', async () => {
    const functions = [
      BUMP,
      func('ping', { arguments: 0, language: 'sql', body: 'select pong()' }),
      func('pong', { arguments: 0, language: 'sql', body: 'select ping(), bump()' }),
      func('quiet', { arguments: 0, language: 'sql', body: 'select still()' }),
      func('still', { arguments: 0, language: 'sql', body: 'select quiet()' }),
    ];
    for (const calls of [
      ['ping', 'pong'],
      ['pong', 'ping'],
    ]) {
      const known = await KnownCatalogue.of({ functions });
      expect(calls.map((name) => known.intent(`select ${name}()`))).toEqual(['unproved', 'unproved']);
      expect(known.intent('select quiet(), still()')).toBe('read');
    }
  });
});
