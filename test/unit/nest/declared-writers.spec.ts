import { describe, expect, it } from '@jest/globals';
import { nestContext, openContext } from '../../../src/context/context.js';
import type { HttpRequest } from '../../../src/context/http-request.js';
import { ANYWHERE } from '../../../src/context/seen.js';
import { DbWrite } from '../../../src/nest/decorators/db-write.decorator.js';
import type { PinnedHandler } from '../../../src/index.js';
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

  it('are all of a class that is listed, unless the method says otherwise', () => {
    class SearchController {
      keep() {}

      @DbWrite(false)
      search() {}
    }
    const { keep, search } = SearchController.prototype;
    const ofClass = new DeclaredWriters('default', { unsafeMethods: false, handlers: ['SearchController'] });
    const said = [ofClass.saidOf(SearchController, keep), ofClass.saidOf(SearchController, search)];
    expect(said).toEqual([true, false]);
  });

  it.each<[string, PinnedHandler]>([
    ['itself', PostsController],
    ['itself with a method', [PostsController, 'touch']],
  ])('are of one class and not of another of the same name, where the class is listed %s', (_how, listed) => {
    class Namesake {
      touch() {}
    }
    Object.defineProperty(Namesake, 'name', { value: 'PostsController' });
    const one = new DeclaredWriters('default', { unsafeMethods: false, handlers: [listed] });
    expect(one.saidOf(PostsController, touch)).toBe(true);
    expect(one.saidOf(Namesake, Namesake.prototype.touch)).toBeUndefined();
  });

  it('are also where a decorator of the app has put a function of another name in the method', () => {
    class Wrapped {
      touch() {}
    }
    Wrapped.prototype.touch = function wrapper() {};
    const one = new DeclaredWriters('default', { unsafeMethods: false, handlers: ['Wrapped.touch'] });
    expect(one.saidOf(Wrapped, Wrapped.prototype.touch)).toBe(true);
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

  describe('by a function of the request', () => {
    const POST = { method: 'POST', headers: {} };
    const by = (when: (request: HttpRequest) => boolean) =>
      new DeclaredWriters('default', { unsafeMethods: false, handlers: [], when });

    it('are what it says, and it is asked once for all that belongs to a request', () => {
      const asked: HttpRequest[] = [];
      const own = by((request) => asked.push(request) > 1);
      const [first, second] = [openContext('request', { balanced: false }), openContext('request', { balanced: false })]; // prettier-ignore
      for (const context of [first, nestContext(first, { balanced: true }), second]) own.ask(context, POST);
      expect(asked).toEqual([POST, POST]);
      expect([first.work.wrote, second.work.wrote]).toEqual([false, true]);
    });

    it('fail where it throws, with its own error, or answers with anything but true or false', () => {
      const error = new Error('a bug of the app');
      const context = () => openContext('request', { balanced: false });
      const throwing = by(() => {
        throw error;
      });
      expect(() => throwing.ask(context(), POST)).toThrow(error);
      for (const answer of [undefined, 1, Promise.resolve(true)]) {
        const ask = () => by(() => answer as never).ask(context(), POST);
        expect(ask).toThrow('The answer of pin.when must be true or false');
      }
    });
  });
});
