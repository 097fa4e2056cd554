import { describe, expect, it } from '@jest/globals';
import { takeMasterParams } from '../../../src/nest/master-params.js';

const STRIPPED = true;
const KEPT = false;

function take(request: { query?: unknown; body?: unknown }, params: Record<string, boolean>) {
  return takeMasterParams(request, new Map(Object.entries(params)));
}

/** As Express 5 has it: parsed anew at each access, and not to be assigned. */
function expressRequest(query: object): { readonly query: object } {
  return Object.create({
    get query() {
      return { ...query };
    },
  }) as { query: object };
}

/** As querystring parsers make them. */
function withoutPrototype(values: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null) as object, values) as Record<string, unknown>;
}

describe('master params', () => {
  it.each([[''], ['0'], ['no'], [['1', '2']], [null], [undefined], [false]])(
    'are found by their presence, whatever the value: %j',
    (value) => {
      const request = { query: { m: value, page: '2' } };
      expect(take(request, { m: STRIPPED })).toBe(true);
      expect(request.query).toEqual({ page: '2' });
      expect(Object.keys(request.query)).toEqual(['page']);
    },
  );

  it('that are not there leave the request as it is', () => {
    const query = { page: '2' };
    const body = { title: 'a' };
    const request = { query, body };
    expect(take(request, { m: STRIPPED })).toBe(false);
    expect(request.query).toBe(query);
    expect(request.body).toBe(body);
  });

  it('are stripped all, not just the first', () => {
    const request = { query: { m: '1', n: '', o: '2', page: '2' }, body: { m: 1, n: 2, title: 'a' } };
    expect(take(request, { m: STRIPPED, n: STRIPPED, o: KEPT })).toBe(true);
    expect(request).toEqual({ query: { o: '2', page: '2' }, body: { title: 'a' } });
  });

  it('that were stripped for one set of engines are found for the next, and others are not', () => {
    const request = { query: { m: '1', page: '2' }, body: { n: 1 } };
    expect(take(request, { m: STRIPPED })).toBe(true);
    expect(take(request, { m: STRIPPED })).toBe(true);
    expect(take(request, { m: KEPT })).toBe(true);
    expect(take(request, { n: STRIPPED })).toBe(true);
    expect(take(request, { o: STRIPPED, n: KEPT })).toBe(true);
    expect(take(request, { o: STRIPPED, page: KEPT })).toBe(true);
    expect(take(request, { o: STRIPPED })).toBe(false);
    expect(request).toEqual({ query: { page: '2' }, body: {} });
  });

  it('that one request had are not found in another', () => {
    expect(take({ query: { m: '1' } }, { m: STRIPPED })).toBe(true);
    expect(take({ query: {} }, { m: STRIPPED })).toBe(false);
  });

  it('that are kept are found and left, as is the very object', () => {
    const query = { m: '1' };
    const request = { query };
    expect(take(request, { m: KEPT })).toBe(true);
    expect(request.query).toBe(query);
  });

  it('are stripped where the query is a getter that parses anew', () => {
    const request = expressRequest({ m: '1', page: '2' });
    expect(take(request, { m: STRIPPED })).toBe(true);
    expect(request.query).toEqual({ page: '2' });
  });

  it('leave a query that may be assigned and stripped again, as the class and another set do', () => {
    const request = expressRequest({ m: '1', n: '1', page: '2' }) as { query: object };
    take(request, { m: STRIPPED });
    take(request, { n: STRIPPED });
    expect(request.query).toEqual({ page: '2' });
    request.query = {};
    expect(request.query).toEqual({});
  });

  it('do not change the object that others hold', () => {
    const query = { m: '1' };
    take({ query }, { m: STRIPPED });
    expect(query).toEqual({ m: '1' });
  });

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['text', 'm'],
    ['a list', ['m']],
    ['a number', 1],
  ])('are not looked for in %s', (_what, body) => {
    const request = { body };
    expect(take(request, { m: STRIPPED, length: STRIPPED, '0': STRIPPED })).toBe(false);
    expect(request.body).toBe(body);
  });

  it.each(['constructor', 'hasOwnProperty', 'toString', '__proto__', 'valueOf'])(
    'named %s are found only where they were sent',
    (name) => {
      const params = new Map([[name, STRIPPED]]);
      expect(takeMasterParams({ query: {}, body: {} }, params)).toBe(false);
      const request = { query: JSON.parse(`{ "${name}": "1", "page": "2" }`) as object };
      expect(takeMasterParams(request, params)).toBe(true);
      expect(Object.entries(request.query)).toEqual([['page', '2']]);
    },
  );

  it('leave what is named __proto__ beside them a value, not the prototype', () => {
    const request = { body: JSON.parse('{ "__proto__": { "admin": true }, "m": 1 }') as object };
    expect(take(request, { m: STRIPPED })).toBe(true);
    expect(Object.entries(request.body)).toEqual([['__proto__', { admin: true }]]);
    expect(Object.getPrototypeOf(request.body)).toBe(Object.prototype);
    expect(request.body).not.toHaveProperty('admin');
  });

  it('leave a query without prototype without one', () => {
    const request = { query: withoutPrototype({ m: '1', hasOwnProperty: 'x' }) };
    expect(take(request, { m: STRIPPED })).toBe(true);
    expect(Object.getPrototypeOf(request.query)).toBeNull();
    expect(Object.entries(request.query)).toEqual([['hasOwnProperty', 'x']]);
  });

  it('leave a body of a class an instance of it', () => {
    class Form {
      m = '1';
      title = 'a';
    }
    const request = { body: new Form() };
    expect(take(request, { m: STRIPPED })).toBe(true);
    expect(request.body).toBeInstanceOf(Form);
    expect(Object.entries(request.body)).toEqual([['title', 'a']]);
  });
});
