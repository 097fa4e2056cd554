import { Get, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError, UsingEngine, WithEngine } from '../../../src/index.js';
import { handlerEngineOf, setsOfHandler } from '../../../src/nest/decorators/with-engine.decorator.js';

class Controller {
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

const { prototype } = Controller;

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
    const controller = new Controller();
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
      class Decorated {
        @decorate
        get() {}
      }
      return [...(handlerEngineOf('default', Decorated.prototype.get)?.masterParams ?? [])];
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
