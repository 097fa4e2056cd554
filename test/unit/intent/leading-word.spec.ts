import { describe, expect, it } from '@jest/globals';
import { inspectLeadingWord } from '../../../src/intent/leading-word.js';

describe('the first word of SQL without a grammar', () => {
  it.each([
    'insert into t values (1)',
    '((UPDATE t set n = 1',
    '-- why\n# and how\n/* by\nhand */ delete from t',
    ';; lock tables t write',
    "set @a = 'left behind'",
  ])('tells a write: %s', (sql) => {
    expect(inspectLeadingWord(sql).intent).toBe('write');
  });

  it.each([
    'select 1',
    'with gone as (select 1) delete from t',
    'inserted',
    'call mine()',
    '/*! insert into t values (1) */',
    '/*M! insert into t values (1) */',
    '-- insert',
    '',
    `${'/* */'.repeat(2_000)}select 1`,
  ])('proves nothing else: %.40s', (sql) => {
    expect(inspectLeadingWord(sql).intent).toBe('unproved');
  });
});
