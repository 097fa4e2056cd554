import { describe, expect, it } from '@jest/globals';
import { openContext } from '../../../src/context/context.js';
import { ANYWHERE } from '../../../src/context/seen.js';
import { DbWrite } from '../../../src/nest/decorators/db-write.decorator.js';
import { DeclaredWriters } from '../../../src/nest/declared-writers.js';

class PostsController {
  touch() {}

  @DbWrite()
  declared() {}

  @DbWrite({ set: 'reports' })
  elsewhere() {}
}

@DbWrite()
class CountersController {
  read() {}
}

const { touch, declared, elsewhere } = PostsController.prototype;

describe('declared writers', () => {
  const writers = new DeclaredWriters('default', {
    unsafeMethods: true,
    handlers: ['PostsController.touch'],
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'get', 'Head', undefined])('are not by %s', (method) => {
    expect(writers.isUnsafe(method)).toBe(false);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'post', 'Delete', 'PROPFIND', ''])('are by %s', (method) => {
    expect(writers.isUnsafe(method)).toBe(true);
  });

  it('are not by any method unless that is asked for', () => {
    const asUsual = new DeclaredWriters('default', { unsafeMethods: false, handlers: [] });
    expect(asUsual.isUnsafe('POST')).toBe(false);
  });

  it('are by name, or by decorator on the method or class, for its set', () => {
    const included = [
      writers.saidOf(PostsController, touch),
      writers.saidOf(PostsController, declared),
      writers.saidOf(PostsController, elsewhere),
      writers.saidOf(CountersController, CountersController.prototype.read),
    ];
    expect(included).toEqual([true, true, undefined, true]);
    expect(
      new DeclaredWriters('reports', { unsafeMethods: false, handlers: [] }).saidOf(
        PostsController,
        elsewhere,
      ),
    ).toBe(true);
  });

  it('are not where it is said that they only read, on the method before the class', () => {
    @DbWrite()
    class SearchController {
      @DbWrite(false)
      search() {}
      count() {}
    }
    const { search, count } = SearchController.prototype;
    expect([writers.saidOf(SearchController, search), writers.saidOf(SearchController, count)]).toEqual([
      false,
      true,
    ]);
  });

  it('count when they end without a handler, and not where the handler only reads', () => {
    const [ended, acquitted] = [
      openContext('request', { balanced: true }),
      openContext('request', { balanced: true }),
    ];
    for (const context of [ended, acquitted]) writers.expect(context);
    writers.acquit(acquitted);
    for (const context of [ended, acquitted]) writers.end(context);
    expect(ended.work.seen.unsettled).toBe(ANYWHERE);
    expect(acquitted.work.seen.unsettled).toBeUndefined();
    expect([ended.work.wrote, acquitted.work.wrote]).toEqual([false, false]);
  });

  it('read on the master from their start, and have seen what they wrote when they end, once', () => {
    const context = openContext('request', { balanced: true });
    writers.begin(context);
    expect(context.work).toMatchObject({ wrote: true, seen: { unsettled: undefined } });
    writers.end(context);
    writers.end(context);
    expect(context.work.seen).toMatchObject({ unsettled: ANYWHERE, marks: 1 });
  });

  it('end without a mark where nothing was declared', () => {
    const context = openContext('request', { balanced: true });
    writers.end(context);
    expect(context.work.seen.marks).toBe(0);
  });
});
