import { Get, SetMetadata } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EMPTY, Observable, concat, defer, firstValueFrom, lastValueFrom, of, toArray } from 'rxjs';
import { UsingEngine } from '../../../src/index.js';
import { openContext } from '../../../src/context/context.js';
import { currentContext, runInContext, runOnEngine } from '../../../src/context/context-storage.js';
import { methodEngineOf } from '../../../src/nest/decorators/using-engine.decorator.js';

/** What is in force right here. */
function force(set = 'default'): string | null | undefined {
  return currentContext(set).scope;
}

/** As Knex's builders are: it runs when it is awaited. */
class LazyQuery implements PromiseLike<unknown> {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what a query is
  readonly then: PromiseLike<unknown>['then'] = (resolve, reject) =>
    Promise.resolve(force()).then(resolve, reject);
}

class Service {
  readonly own = 'own';

  @UsingEngine('slave1')
  plain(a: number, b: number) {
    return { own: this.own, sum: a + b, force: force() };
  }

  @UsingEngine('slave1')
  async later() {
    await nextTurn();
    return force();
  }

  @UsingEngine('master')
  async onMaster() {
    return force();
  }

  @UsingEngine(null)
  async lifted() {
    await nextTurn();
    return force();
  }

  @UsingEngine('slave1')
  async nested() {
    return [force(), await this.onMaster(), force(), await this.lifted(), force()];
  }

  @UsingEngine('slave1')
  observed() {
    return concat(
      of(0),
      defer(() => nextTurn()),
      defer(() => this.onMaster()),
    ).pipe(
      (source) =>
        new Observable((subscriber) =>
          source.subscribe({
            next: () => subscriber.next(force()),
            complete: () => subscriber.complete(),
          }),
        ),
    );
  }

  @UsingEngine('slave1')
  lazy() {
    return new LazyQuery();
  }

  @UsingEngine('archive', { set: 'reports' })
  otherSet() {
    return [force(), force('reports')];
  }

  @UsingEngine('slave1')
  throwing(): never {
    throw new Error('thrown');
  }

  @UsingEngine('slave1')
  async rejecting(): Promise<never> {
    await nextTurn();
    throw new Error('rejected');
  }

  @UsingEngine('slave1')
  @SetMetadata('inside', 1)
  @Get('posts')
  above(_a: string, _b: string) {}

  @SetMetadata('outside', 2)
  @Get('posts')
  @UsingEngine('slave1')
  below() {}
}

const service = new Service();

describe('@UsingEngine', () => {
  it('passes this, arguments and a plain result through', () => {
    expect(service.plain(1, 2)).toEqual({ own: 'own', sum: 3, force: 'slave1' });
    expect(force()).toBeUndefined();
  });

  it('is in force until a promise is settled, and not after it', async () => {
    const later = service.later();
    expect(force()).toBeUndefined();
    expect(await later).toBe('slave1');
    expect(force()).toBeUndefined();
  });

  it('restores what was in force when calls nest, and null lifts it', async () => {
    expect(await service.nested()).toEqual(['slave1', 'master', 'slave1', null, 'slave1']);
  });

  it('keeps calls that run at the same time apart', async () => {
    const nested = ['slave1', 'master', 'slave1', null, 'slave1'];
    const all = [service.later(), service.onMaster(), service.nested(), service.lifted()];
    expect(await Promise.all(all)).toEqual(['slave1', 'master', nested, null]);
  });

  it('is in force while an Observable emits, for each subscriber', async () => {
    const observed = service.observed();
    expect(force()).toBeUndefined();
    const twice = [observed, observed].map((one) => lastValueFrom(one.pipe(toArray())));
    const thrice = ['slave1', 'slave1', 'slave1'];
    expect(await Promise.all(twice)).toEqual([thrice, thrice]);
    expect(force()).toBeUndefined();
  });

  it('unsubscribes from an Observable that it wraps', async () => {
    let stopped = false;
    class Endless {
      @UsingEngine('slave1')
      numbers() {
        return new Observable<number>((subscriber) => {
          subscriber.next(1);
          return () => (stopped = true);
        });
      }
    }
    expect(await firstValueFrom(new Endless().numbers())).toBe(1);
    expect(stopped).toBe(true);
  });

  it('passes on an Observable that is empty', async () => {
    class Nothing {
      @UsingEngine('slave1')
      none() {
        return EMPTY;
      }
    }
    expect(await lastValueFrom(new Nothing().none(), { defaultValue: 'nothing' })).toBe('nothing');
  });

  describe('on a generator', () => {
    const ended: unknown[] = [];

    class Rows {
      readonly own = 'own';

      @UsingEngine('slave1')
      *plain(count: number): Generator<unknown, unknown, unknown> {
        try {
          for (let i = 0; i < count; i++) yield [this.own, force(), i];
          return force();
        } finally {
          ended.push(force());
        }
      }

      @UsingEngine('slave1')
      async *later(): AsyncGenerator {
        try {
          yield force();
          await nextTurn();
          yield [await service.onMaster(), force()];
          yield* this.inner();
          yield force();
        } finally {
          await nextTurn();
          ended.push(force());
        }
      }

      @UsingEngine(null)
      async *inner() {
        yield force();
      }

      @UsingEngine('slave1')
      *taking(): Generator<unknown, void, unknown> {
        try {
          yield [yield force(), force()];
        } catch (error) {
          yield [(error as Error).message, force()];
        }
      }
    }

    const rows = new Rows();
    /** What the body sees, and who asks for it, at each step. */
    async function stepped(values: AsyncIterable<unknown> | Iterable<unknown>): Promise<unknown[]> {
      const seen: unknown[] = [];
      for await (const value of values) seen.push(value, force());
      return seen;
    }

    beforeEach(() => void ended.splice(0));

    it('runs each step of the body with the force, and nothing between them', async () => {
      const row = (i: number) => ['own', 'slave1', i];
      expect(await stepped(rows.plain(2))).toEqual([row(0), undefined, row(1), undefined]);
      expect(ended).toEqual(['slave1']);
    });

    it('does so where steps wait, and restores what calls in the body nest', async () => {
      const inTurn = ['slave1', ['master', 'slave1'], null, 'slave1'];
      expect(await stepped(rows.later())).toEqual(inTurn.flatMap((value) => [value, undefined]));
      expect(ended).toEqual(['slave1']);
    });

    it('restores the scope of whoever asks for the steps', async () => {
      const knownOutside = await runOnEngine('default', 'master', () => stepped(rows.later()));
      expect(knownOutside.filter((_, at) => at % 2 === 1)).toEqual(Array(4).fill('master'));
    });

    it('keeps generators that run in turns apart', () => {
      const [one, other] = [rows.plain(2), rows.plain(2)];
      const values = [one, other, one, other].map((generator) => generator.next().value);
      expect(values).toEqual([0, 0, 1, 1].map((i) => ['own', 'slave1', i]));
      expect(one.next()).toEqual({ done: true, value: 'slave1' });
    });

    it('runs what ends the body early with the force, and stops there', async () => {
      for (const value of rows.plain(9)) if (value) break;
      for await (const value of rows.later()) if (value) break;
      expect(ended).toEqual(['slave1', 'slave1']);
      expect(force()).toBeUndefined();
    });

    it('passes on what is sent and thrown into it, and the value of return()', () => {
      const taking = rows.taking();
      expect([taking.next().value, taking.next('sent').value]).toEqual(['slave1', ['sent', 'slave1']]);
      expect(taking.throw(new Error('thrown')).value).toEqual(['thrown', 'slave1']);
      expect(taking.return()).toEqual({ done: true, value: undefined });
      expect(force()).toBeUndefined();
    });

    it('is a generator still', () => {
      const plain = rows.plain(1);
      expect(plain[Symbol.iterator]()).toBe(plain);
      expect(String(plain)).toBe('[object Generator]');
      expect([...plain]).toHaveLength(1);
    });
  });

  it('starts a lazy query that the method returns, so that it runs with the force', async () => {
    expect(await service.lazy()).toBe('slave1');
  });

  it('speaks of one set only', () => {
    expect(service.otherSet()).toEqual([undefined, 'archive']);
  });

  it('passes errors on, and restores after them', async () => {
    expect(() => service.throwing()).toThrow('thrown');
    expect(force()).toBeUndefined();
    await expect(service.rejecting()).rejects.toThrow('rejected');
    expect(force()).toBeUndefined();
  });

  it('shares the work of the context that it is called in', () => {
    const context = openContext('job', { balanced: true });
    runInContext('default', context, () => {
      class Writer {
        @UsingEngine('slave1')
        write() {
          currentContext('default').work.wrote = true;
        }
      }
      new Writer().write();
    });
    expect(context.work.wrote).toBe(true);
  });

  it.each([
    ['above', 'inside'],
    ['below', 'outside'],
  ] as const)('keeps the name, the parameters and the metadata: %s the route', (name, key) => {
    const method = Service.prototype[name];
    expect(method.name).toBe(name);
    expect(method).toHaveLength(name === 'above' ? 2 : 0);
    expect(Reflect.getMetadata(PATH_METADATA, method)).toBe('posts');
    expect(Reflect.getMetadata(METHOD_METADATA, method)).toBe(0);
    expect(Reflect.getMetadata(key, method)).toBe(name === 'above' ? 1 : 2);
    expect(methodEngineOf(method)).toEqual({ set: 'default', engine: 'slave1' });
  });
});
