import { Controller, Get, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { DatabaseRoutingModule, InvalidOptionsError, UsingEngine, WithEngine } from '../../../src/index.js';
import { handlerEngineOf, setsOfHandler } from '../../../src/nest/decorators/with-engine.decorator.js';
import { bootWith } from '../../apps/running-app.js';

const NOWHERE = { connection: 'postgres://127.0.0.1:1/nowhere' };

/** An app with one controller. */
function boot(controller: new () => object): Promise<void> {
  const options = { client: 'pg', master: NOWHERE, slaves: { slave1: NOWHERE } };
  return bootWith({ imports: [DatabaseRoutingModule.forRoot(options)], controllers: [controller] });
}

class Decorated {
  @WithEngine('master')
  named() {
    return this;
  }

  @WithEngine('slave1', ['m', 'n'])
  listed() {}

  @WithEngine(null, { m: false, n: true })
  mapped() {}

  @WithEngine('archive', [], { set: 'reports' })
  @WithEngine('master')
  inTwoSets() {}

  @UsingEngine('slave1')
  @SetMetadata('other', 1)
  @WithEngine('master')
  wrapped() {}

  plain() {}
}

const { prototype } = Decorated;

describe('@WithEngine', () => {
  it.each([
    ['an engine', prototype.named, { engine: 'master', masterParams: new Map() }],
    [
      'a list of params, all stripped',
      prototype.listed,
      {
        engine: 'slave1',
        masterParams: new Map([
          ['m', true],
          ['n', true],
        ]),
      },
    ],
    [
      'params without an engine, each with whether it is stripped',
      prototype.mapped,
      {
        engine: undefined,
        masterParams: new Map([
          ['m', false],
          ['n', true],
        ]),
      },
    ],
  ])('says %s', (_what, method, expected) => {
    expect(handlerEngineOf('default', method)).toEqual(expected);
  });

  describe('twice on one method or class', () => {
    class Twice {
      @WithEngine(null, ['m'])
      @WithEngine('slave1', ['n'])
      outerWithoutEngine() {}

      @WithEngine('slave1', { m: false })
      @WithEngine(null, ['m', 'n'])
      innerWithoutEngine() {}

      @WithEngine(null, ['m'])
      @UsingEngine('slave2')
      @WithEngine('slave1')
      aroundAnother() {}
    }

    @WithEngine(null, ['m'])
    @WithEngine('slave1')
    class TwiceDecorated {}

    it.each<[string, object, [string, boolean][]]>([
      ['the outer names none', Twice.prototype.outerWithoutEngine, [['m', true], ['n', true]]], // prettier-ignore
      ['the inner names none', Twice.prototype.innerWithoutEngine, [['m', false], ['n', true]]], // prettier-ignore
      ['another decorator stands between', Twice.prototype.aroundAnother, [['m', true]]],
      ['they stand on a class', TwiceDecorated, [['m', true]]],
    ])('keeps the engine that is named, and all params, where %s', (_where, target, params) => {
      const said = handlerEngineOf('default', target);
      expect(said?.engine).toBe('slave1');
      expect([...(said?.masterParams ?? [])].toSorted()).toEqual(params);
    });

    it('takes the same engine twice', async () => {
      @Controller()
      class Agreeing {
        @Get()
        @WithEngine('slave1', ['m'])
        @WithEngine('slave1')
        get() {}
      }
      await expect(boot(Agreeing)).resolves.toBeUndefined();
    });

    it('is refused at boot with two engines, by the names of both', async () => {
      @Controller()
      class Contradicting {
        @Get()
        @WithEngine('slave1', ['m'])
        @WithEngine('master')
        get() {}
      }
      const refused = expect(boot(Contradicting)).rejects;
      await refused.toThrow("@WithEngine stands on Contradicting.get with 'slave1' and with 'master'.");
    });
  });

  it('says something for each set on its own', () => {
    expect(handlerEngineOf('default', prototype.inTwoSets)?.engine).toBe('master');
    expect(handlerEngineOf('reports', prototype.inTwoSets)?.engine).toBe('archive');
    expect(handlerEngineOf('reports', prototype.named)).toBeUndefined();
    expect(setsOfHandler(prototype.inTwoSets).toSorted()).toEqual(['default', 'reports']);
    expect(setsOfHandler(prototype.plain)).toEqual([]);
  });

  it('says nothing where it is not', () => {
    expect(handlerEngineOf('default', prototype.plain)).toBeUndefined();
  });

  it('leaves the method as it is', () => {
    const controller = new Decorated();
    expect(controller.named()).toBe(controller);
    expect(prototype.named.name).toBe('named');
  });

  it('is seen through @UsingEngine', () => {
    expect(handlerEngineOf('default', prototype.wrapped)?.engine).toBe('master');
    expect(Reflect.getMetadata('other', prototype.wrapped)).toBe(1);
  });

  it('stands on a class and what extends it', () => {
    @WithEngine('slave1')
    class Base {
      @Get()
      get() {}
    }
    class Extending extends Base {}
    @WithEngine('master')
    class Overriding extends Base {}
    const engines = [Base, Extending, Overriding].map((type) => handlerEngineOf('default', type)?.engine);
    expect(engines).toEqual(['slave1', 'slave1', 'master']);
  });

  it('takes params named like what every object inherits, of a list and of an object', () => {
    const params = JSON.parse('{ "__proto__": false, "constructor": true }') as Record<string, boolean>;
    const decorated = (decorate: MethodDecorator) => {
      class Merged {
        @decorate
        get() {}
      }
      return [...(handlerEngineOf('default', Merged.prototype.get)?.masterParams ?? [])];
    };
    expect(decorated(WithEngine(null, params))).toEqual([
      ['__proto__', false],
      ['constructor', true],
    ]);
    expect(decorated(WithEngine(null, ['__proto__']))).toEqual([['__proto__', true]]);
  });

  it.each([['m'], [null], [1]])('refuses master params that are %j, and says how to write them', (params) => {
    const decorate = () => WithEngine('master', params as never);
    expect(decorate).toThrow(InvalidOptionsError);
    expect(decorate).toThrow(/must be a list such as \['m'\] or an object such as \{ m: false \}/);
  });
});
