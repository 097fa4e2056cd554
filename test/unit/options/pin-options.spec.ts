import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import {
  type DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  DbWrite,
  InvalidOptionsError,
  type PinnedHandler,
  createDatabaseRouting,
} from '../../../src/index.js';
import { BookmarkCarrier } from '../../../src/clients/bookmark-carrier.js';
import type { ClientRequest } from '../../../src/clients/client-request.js';
import { PinCarrier } from '../../../src/clients/pin-carrier.js';
import { createClients } from '../../../src/composition/create-clients.js';
import { OUTSIDE } from '../../../src/composition/outside.js';
import { markWrote, openContext } from '../../../src/context/context.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';
import { MemoryStore } from '../../apps/memory-store.js';
import { bootWith } from '../../apps/running-app.js';

const NOWHERE = { connection: 'postgres://127.0.0.1:1/nowhere' };
@Controller('posts')
class PostsController {
  @Get()
  touch() {}
}

const SECRET = 'a secret that the tests share';

function withPin(pin: unknown, more: Partial<DatabaseRoutingOptions> = {}): DatabaseRoutingOptions {
  const engines = { client: 'pg', master: NOWHERE, slaves: { slave1: NOWHERE } };
  return { ...engines, ...more, pin } as DatabaseRoutingOptions;
}

describe('the options of pins', () => {
  it('have the defaults of django-multidb-router, unsafe methods included', () => {
    expect(resolveOptions(withPin(undefined)).pin).toEqual({
      by: undefined,
      seconds: 15,
      cookie: { name: 'multidb_pin_writes', path: '/', sameSite: 'lax', secure: false, httpOnly: true },
      unsafeMethods: true,
      handlers: [],
      cookieless: undefined,
    });
  });

  it('give the session cookie what the pin cookie has, and each set cookies of its own', () => {
    const pin = { cookie: { secure: true, domain: 'example.org' }, cookieless: { store: new MemoryStore() } };
    const resolved = resolveOptions(withPin(pin, { name: 'reports', bookmark: { secret: SECRET } })).pin;
    expect(resolved.cookie.name).toBe('multidb_pin_writes_reports');
    expect(resolved.cookieless?.cookie).toMatchObject({
      name: 'multidb_use_cookies_reports',
      secure: true,
      domain: 'example.org',
    });
  });

  it.each<[unknown, string]>([
    ['time', 'pin must be an object'],
    [{ by: 'tiem' }, "pin.by must be one of 'position', 'time', got 'tiem'"],
    [{ second: 3 }, "pin has the unknown key 'second'"],
    [{ seconds: 0 }, 'pin.seconds must be a number of seconds above 0, got 0'],
    [{ seconds: '15' }, "pin.seconds must be a number of seconds above 0, got '15'"],
    [{ unsafeMethods: 'POST' }, "pin.unsafeMethods must be true or false, got 'POST'"],
    [{ cookie: { nmae: 'x' } }, "pin.cookie has the unknown key 'nmae'"],
    [{ cookie: { name: 'a b' } }, "pin.cookie.name must be a cookie's name"],
    [{ cookie: { sameSite: 'none' } }, "pin.cookie.secure must be true with sameSite: 'none'"],
    [{ handlers: 'PostsController.touch' }, 'pin.handlers must be a list'],
    [{ handlers: ['a.b.c'] }, 'Each of pin.handlers must be a class or one of its methods'],
    [{ handlers: [[PostsController]] }, 'Each of pin.handlers must be a class or one of its methods'],
    [
      { handlers: [7] },
      "as in 'PostsController', 'PostsController.touch' or [PostsController, 'touch'], got 7",
    ],
    [{ when: true }, 'pin.when must be a function (request) that says whether it writes, got true'],
    [{ cookieless: {} }, 'pin.cookieless.store must be a Keyv store'],
    [
      { cookieless: { store: new MemoryStore(), cookies: {} } },
      "pin.cookieless has the unknown key 'cookies'",
    ],
    [{ cookieless: { store: new MemoryStore() } }, 'bookmark.secret must be set for pin.cookieless'],
  ])('refuse %j', (pin, message) => {
    expect(() => resolveOptions(withPin(pin))).toThrow(InvalidOptionsError);
    expect(() => resolveOptions(withPin(pin))).toThrow(message);
  });
});

describe('what clients have seen', () => {
  const carried = async (options: DatabaseRoutingOptions) => {
    const routing = createDatabaseRouting(options);
    await routing.destroy();
    return [routing.carrier instanceof BookmarkCarrier, routing.carrier instanceof PinCarrier];
  };

  /** Sends the head of a response to a request that wrote. */
  const answerWriter = ({ carrier }: DatabaseRouting) => {
    const context = openContext('request', { balanced: true });
    markWrote(context);
    const response = { appendHeader() {} } as unknown as ServerResponse;
    carrier?.attach(context, { headers: {} } as ClientRequest, response)();
  };

  it('are kept by position on PostgreSQL with slaves, by time where that is asked for, and else not at all', async () => {
    expect(await carried(withPin({}))).toEqual([true, false]);
    expect(await carried(withPin({ by: 'position' }))).toEqual([true, false]);
    expect(await carried(withPin({ by: 'time' }))).toEqual([false, true]);
    expect(await carried(withPin({ by: 'position' }, { slaves: {} }))).toEqual([false, false]);
    expect(await carried(withPin({ by: 'time' }, { slaves: {} }))).toEqual([false, false]);
  });

  it('are kept by time on other databases, and refused there by position', async () => {
    const routing = createDatabaseRouting(withPin({}));
    const elsewhere = (pin: unknown) =>
      createClients(
        resolveOptions(withPin(pin)),
        { freshness: undefined, health: undefined, engines: routing.engines },
        OUTSIDE,
      );
    expect(routing.engines).toBeInstanceOf(EngineRegistry);
    expect(elsewhere({}).carrier).toBeInstanceOf(PinCarrier);
    expect(() => elsewhere({ by: 'position' })).toThrow("Set pin.by to 'time'");
    await routing.destroy();
  });

  it('are not kept for cookieless clients by position', () => {
    const options = withPin({ cookieless: { store: new MemoryStore() } }, { bookmark: { secret: SECRET } });
    expect(() => createDatabaseRouting(options)).toThrow("Set pin.by to 'time', or let such clients carry");
  });

  it('warn once when a secret of this process signs them', async () => {
    const warnings: string[] = [];
    const logger = { debug() {}, log() {}, error() {}, warn: (line: string) => void warnings.push(line) };
    const routing = createDatabaseRouting(withPin({ by: 'time' }, { logger }));
    for (let times = 0; times < 2; times++) answerWriter(routing);
    await routing.destroy();
    expect(warnings).toEqual([
      expect.stringMatching(/^Pins are signed with a secret of this process.*bookmark: { secret }/),
    ]);
  });
});

describe('at boot', () => {
  @Controller()
  class StrayController {
    @Get()
    @DbWrite({ set: 'archive' })
    write() {}
  }

  /** Another class of the same name. */
  @Controller('archive')
  class Namesake {
    @Get()
    touch() {}

    @Get('own')
    own() {}
  }
  Object.defineProperty(Namesake, 'name', { value: 'PostsController' });
  const both = [PostsController, Namesake];

  const boot = (handlers: PinnedHandler[], controllers: (new () => object)[] = [PostsController]) =>
    bootWith({ imports: [DatabaseRoutingModule.forRoot(withPin({ handlers }))], controllers });

  it.each<[string, PinnedHandler]>([
    ['a class and a method by their names', 'PostsController.touch'],
    ['a class by its name', 'PostsController'],
    ['a class itself', PostsController],
    ['a class itself and a method', [PostsController, 'touch']],
  ])('handlers that are there are taken: %s', async (_how, handler) => {
    await expect(boot([handler])).resolves.toBeUndefined();
  });

  it.each<[string, PinnedHandler, string]>([
    ['a class', 'PostsController', 'Give the class itself: PostsController.'],
    ['a method', 'PostsController.touch', "Give the class itself: [PostsController, 'touch']."],
  ])('a name of %s that fits two classes is refused', async (_what, handler, advice) => {
    await expect(boot([handler], both)).rejects.toThrow(
      `pin.handlers names '${String(handler)}', which fits 2 classes named PostsController. ${advice}`,
    );
  });

  it('a name that fits one of two classes, and the class itself, are taken', async () => {
    const handlers: PinnedHandler[] = ['PostsController.own', Namesake, [PostsController, 'touch']];
    await expect(boot(handlers, both)).resolves.toBeUndefined();
  });

  it('a class that the app does not have is refused, whatever it is called', async () => {
    await expect(boot([Namesake])).rejects.toThrow(
      "pin.handlers names 'PostsController', which is not there.",
    );
  });

  it.each([
    [
      'PostsController.tuoch',
      "pin.handlers names 'PostsController.tuoch', which is not there. PostsController has: touch.",
    ],
    ['tuoch', 'The app has no controller or provider of the class tuoch.'],
    ['PostController.touch', 'The app has no controller or provider of the class PostController.'],
  ])('%s is refused', async (handler, message) => {
    await expect(boot([handler])).rejects.toThrow(message);
  });

  it('a set that is not imported is refused', async () => {
    await expect(boot([], [StrayController])).rejects.toThrow(
      "@DbWrite on StrayController.write speaks of the set 'archive'",
    );
  });
});
