import { describe, expect, it } from '@jest/globals';
import type { DatabaseRoutingOptions } from '../../../src/index.js';
import { checkCarriedNames } from '../../../src/nest/carried-names.check.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

const set = (name: string, more: Partial<DatabaseRoutingOptions> = {}) =>
  resolveOptions({ client: 'pg', master: { connection: 'postgres://app@10.0.0.1/shop' }, name, ...more });

describe('two sets of engines', () => {
  it('have names of their own, unless told otherwise', () => {
    expect(() => checkCarriedNames(set('default'), [set('reports'), set('archive')])).not.toThrow();
  });

  const cookie = { name: 'seen' };
  const clashes: readonly (readonly [
    string,
    Partial<DatabaseRoutingOptions>,
    Partial<DatabaseRoutingOptions>,
  ])[] = [
    ["cookie 'seen'", { bookmark: { cookie } }, { bookmark: { cookie } }],
    ["cookie 'seen.a'", { bookmark: { cookie } }, { bookmark: { cookie: { name: 'seen.a' } } }],
    ["cookie 'seen'", { bookmark: { cookie } }, { pin: { cookie } }],
    ["header 'X-Seen'", { bookmark: { header: 'X-Seen' } }, { bookmark: { header: 'x-seen' } }],
  ];

  it.each(clashes)('are refused where the %s would belong to both', (what, one, other) => {
    const check = () => checkCarriedNames(set('one', one), [set('other', other)]);
    expect(check).toThrow(`The ${what} belongs to two sets of engines, 'one' and 'other'.`);
  });
});

describe('names that would make bookmarks too long', () => {
  it('are refused, of a set and of a slave', () => {
    expect(() => set('é'.repeat(10))).not.toThrow();
    expect(() => set('é'.repeat(11))).toThrow('name must be 64 characters at most');
    const slaves = (length: number) => ({
      slaves: { ['s'.repeat(length)]: { connection: 'postgres://app@10.0.0.2/shop' } },
    });
    expect(() => set('default', slaves(128))).not.toThrow();
    expect(() => set('default', slaves(129))).toThrow('128 characters long at most');
  });
});
