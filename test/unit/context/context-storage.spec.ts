import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { NO_CONTEXT, markWrote, nestContext, openContext } from '../../../src/context/context.js';
import { currentContext, runInContext, runOnEngine } from '../../../src/context/context-storage.js';

const SET = 'default';
const scope = () => currentContext(SET).scope;
const inJob = <Result>(work: () => Result) => runInContext(SET, openContext('job', { balanced: true }), work);

describe('a context', () => {
  it('is there for what runs in it, however late, and for nobody else', async () => {
    const job = openContext('job', { balanced: true });
    const later = runInContext(SET, job, async () => {
      await setImmediate();
      return currentContext(SET);
    });
    expect(currentContext(SET)).toBe(NO_CONTEXT);
    expect(await later).toBe(job);
    expect(currentContext(SET)).toBe(NO_CONTEXT);
  });

  it('knows nothing and keeps nothing where there is none', () => {
    markWrote(NO_CONTEXT);
    expect(NO_CONTEXT).toMatchObject({ kind: 'none', balanced: false, work: { wrote: false } });
  });

  it('passes the return value through, and errors', async () => {
    const error = new Error('no');
    expect(inJob(() => 'value')).toBe('value');
    const promise = Promise.resolve(1);
    expect(inJob(() => promise)).toBe(promise);
    expect(() => inJob(() => { throw error; })).toThrow(error); // prettier-ignore
    await expect(inJob(() => Promise.reject(error))).rejects.toBe(error);
  });

  it('starts a lazy query that the work returns, where it belongs', async () => {
    const lazy = { then: (done: (value: unknown) => void) => done(scope()) };
    expect(await runOnEngine(SET, 'slave1', () => lazy)).toBe('slave1');
    const failing = { then: (_done: unknown, fail: (error: unknown) => void) => fail(new Error('no')) };
    await expect(runOnEngine(SET, 'slave1', () => failing as PromiseLike<never>)).rejects.toThrow('no');
  });
});

describe('scopes', () => {
  it('nest, same and mixed, and restore exactly on return', () => {
    const seen: unknown[] = [];
    runOnEngine(SET, 'slave1', () => {
      runOnEngine(SET, 'slave1', () => {
        runOnEngine(SET, 'master', () => seen.push(scope()));
        seen.push(scope());
      });
      runOnEngine(SET, 'slave2', () => seen.push(scope()));
      seen.push(scope());
    });
    seen.push(scope());
    expect(seen).toEqual(['master', 'slave1', 'slave2', 'slave1', undefined]);
  });

  it('restore exactly on throw and reject', async () => {
    await runOnEngine(SET, 'slave1', async () => {
      const throwing = () =>
        runOnEngine(SET, 'master', () => {
          throw new Error(scope() ?? '');
        });
      expect(throwing).toThrow('master');
      expect(scope()).toBe('slave1');
      const rejecting = runOnEngine(SET, 'slave2', async () => {
        await setImmediate();
        throw new Error(scope() ?? '');
      });
      expect(scope()).toBe('slave1');
      await expect(rejecting).rejects.toThrow('slave2');
      expect(scope()).toBe('slave1');
    });
    expect(scope()).toBeUndefined();
  });

  it('are lifted by null, which is not the same as none', () => {
    const seen = runOnEngine(SET, 'slave1', () => runOnEngine(SET, null, scope));
    expect(seen).toBeNull();
    expect(scope()).toBeUndefined();
  });

  it('keep the branches of Promise.all apart', async () => {
    const branch = (engine: string) =>
      runOnEngine(SET, engine, async () => {
        const seen = [scope()];
        await setImmediate();
        await runOnEngine(SET, 'master', async () => void seen.push(scope()));
        await setImmediate();
        return [...seen, scope()];
      });
    expect(await Promise.all([branch('slave1'), branch('slave2'), branch('slave1')])).toEqual([
      ['slave1', 'master', 'slave1'],
      ['slave2', 'master', 'slave2'],
      ['slave1', 'master', 'slave1'],
    ]);
  });

  it('of a block created early and run late restore the state at its start', () => {
    const block = runOnEngine(SET, 'slave1', () => () => runOnEngine(SET, 'slave2', scope));
    const around = runOnEngine(SET, 'master', () => [scope(), block(), scope()]);
    expect(around).toEqual(['master', 'slave2', 'master']);
  });

  it('share the work of their context: a write inside marks it all', async () => {
    await inJob(async () => {
      await runOnEngine(SET, 'slave1', async () => {
        await setImmediate();
        markWrote(currentContext(SET));
      });
      expect(currentContext(SET).work.wrote).toBe(true);
      expect(inJob(() => currentContext(SET).work.wrote)).toBe(false);
    });
  });

  it('of one set are none of another', () => {
    runOnEngine('reports', 'slave1', () =>
      runOnEngine('orders', 'slave2', () => {
        expect([currentContext('reports').scope, currentContext('orders').scope]).toEqual([
          'slave1',
          'slave2',
        ]);
        expect(currentContext(SET)).toBe(NO_CONTEXT);
        runOnEngine('reports', null, () => {
          expect([currentContext('reports').scope, currentContext('orders').scope]).toEqual([null, 'slave2']);
        });
      }),
    );
  });
});

describe('many at once', () => {
  it('10⁵ interleaved contexts, ten thousand at a time, never see each other', async () => {
    let strangers = 0;
    const one = async (n: number) => {
      const context = openContext('request', { balanced: true });
      await runInContext(SET, context, async () => {
        await null;
        if (n % 3 === 0) markWrote(currentContext(SET));
        await runOnEngine(SET, `slave${n}`, async () => {
          await null;
          if (scope() !== `slave${n}`) strangers++;
        });
        await setImmediate();
        const now = currentContext(SET);
        if (now !== context || now.scope !== undefined || now.work.wrote !== (n % 3 === 0)) strangers++;
      });
    };
    for (let wave = 0; wave < 10; wave++)
      await Promise.all(Array.from({ length: 10_000 }, (_, n) => one(wave * 10_000 + n)));
    expect(strangers).toBe(0);
    expect(currentContext(SET)).toBe(NO_CONTEXT);
  });
});

describe('what outlives a handler', () => {
  it("of a request's own context continues in the handler's", () => {
    const request = openContext('request', { balanced: false, recordDecisions: true });
    const handler = nestContext(request, {
      balanced: true,
      handler: { engine: 'slave1', reason: 'handler' },
    });
    runInContext(SET, request, () => {
      expect(currentContext(SET)).toBe(request);
      request.entered = handler;
      expect(currentContext(SET)).toBe(handler);
      const scoped = runOnEngine(SET, 'master', () => currentContext(SET));
      expect(scoped).toMatchObject({ balanced: true, scope: 'master', handler: { engine: 'slave1' } });
      expect(scoped.work).toBe(request.work);
    });
  });
});
