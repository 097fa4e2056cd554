import { describe, expect, it } from '@jest/globals';
import { missingName } from '../../../src/intent/missing-name.js';

/** The error of a server that stumbles where the SQL has a `^` before the name. */
function missed(code: string, marked: string) {
  const position = String(Array.from(marked.slice(0, marked.indexOf('^'))).length + 1);
  return missingName({ code, position, message: 'Relation »x« existiert nicht' }, marked.replace('^', ''));
}

describe('the name that a server misses', () => {
  it.each<[string, string, string, string]>([
    ['42P01', 'select * from ^posts where 1 = 1', 'relation', 'posts'],
    ['42P01', 'select * from ^"Some""where".Posts p', 'relation', 'posts'],
    ['42P01', 'select * from ^public."Posts"', 'relation', 'Posts'],
    ['42P01', `select ^'public.posts'::regclass`, 'relation', 'posts'],
    ['42703', 'select "e😀é" as a, ^"p"."Title" from posts p', 'column', 'Title'],
    ['42703', 'select ^überschrift from posts', 'column', 'überschrift'],
    ['42883', 'select ^app.rank(1)', 'function', 'rank'],
    ['42883', 'select 1 ^<-> 2', 'operator', '<->'],
    ['42704', 'select 1::^mood', 'type', 'mood'],
    ['3F000', 'select ^app.rank(1)', 'schema', 'app'],
  ])('%s in %s is the %s %s', (code, marked, kind, name) => {
    expect(missed(code, marked)).toEqual({ kind, name });
  });

  it('stands in the body of the function that ran', () => {
    const error = {
      code: '42P01',
      internalPosition: '15',
      internalQuery: 'select * from fresh',
      position: '1',
    };
    expect(missingName(error, 'select f()')).toEqual({ kind: 'relation', name: 'fresh' });
  });

  it.each<[string, object | undefined]>([
    ['another error', { code: '22P02', position: '8' }],
    ['no position', { code: '42P01' }],
    ['nothing', undefined],
    ['no name there', { code: '42P01', position: '7' }],
  ])('is not told by %s', (_what, error) => {
    expect(missingName(error, 'select  1')).toBeUndefined();
  });
});
