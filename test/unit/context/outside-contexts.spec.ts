import { AsyncLocalStorage } from 'node:async_hooks';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { FRESHNESS_QUESTIONS } from '../../../src/freshness/freshness-questions.js';
import { SharedQuestion } from '../../../src/freshness/shared-question.js';
import { SlaveReplay } from '../../../src/freshness/slave-replay.js';
import { ProbeLoop } from '../../../src/health/probe-loop.js';
import { CatalogueKeeper } from '../../../src/intent/catalogue-keeper.js';
import { emittingHere } from '../../../src/knex/emitting-here.js';
import { stubEngine } from '../engines/stub-engine.js';
import { WATCHED, rowsOf } from '../intent/known-catalogue.js';

/** Another library's, such as a tracer's. */
const tracer = new AsyncLocalStorage<string>();
const seen: (string | undefined)[] = [];
const note = (): void => void seen.push(tracer.getStore());

beforeEach(() => {
  jest.useFakeTimers();
  seen.length = 0;
});

afterEach(() => void jest.useRealTimers());

const passed = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('what serves many runs in no context of the request that began it', () => {
  it('a loop of probes, in its first round and in later ones', async () => {
    const loop = new ProbeLoop(async () => {
      note();
      return 10;
    }, SYSTEM_CLOCK);
    tracer.run('request', () => loop.start());
    await passed(10);
    await tracer.run('another', () => loop.now());
    loop.stop();
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  it('a question that many share', async () => {
    const question = new SharedQuestion(async () => note());
    await tracer.run('request', () => question.ask());
    expect(seen).toEqual([undefined]);
  });

  it('probes of a slave that is waited for, and those that follow it after the wait', async () => {
    const replay = async () => {
      note();
      return { lsn: '0/0', started_at: '1', walfile: null };
    };
    const slave = new SlaveReplay(
      stubEngine('slave1'),
      () => undefined,
      { replay, replayOn: replay },
      SYSTEM_CLOCK,
    );
    const reached = tracer.run('request', () => slave.reach(5n, 3));
    await passed(20);
    expect(await reached).toBe(false);
    expect(seen.length).toBeGreaterThan(4);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('a reading of the catalogue', async () => {
    const told = async (answer: string) => {
      note();
      return answer;
    };
    const questions = {
      read: async () => (note(), rowsOf()),
      counters: () => told('0'),
      fingerprint: () => told('0'),
    };
    const logger = { debug() {}, warn() {} };
    const keeper = new CatalogueKeeper({
      questions,
      judge: () => 'safe',
      logger,
      ...WATCHED,
      changed() {},
    });
    await tracer.run('request', () => keeper.refresh());
    expect(seen).toEqual([undefined, undefined]);
    keeper.stop();
  });

  it("a question on the probes' connections, which a request may open", async () => {
    const asked = {
      async timeout() {
        note();
        return { rows: [{ lsn: '0/0', walfile: '' }] };
      },
    };
    const engine = stubEngine('master', 'master', { probes: { raw: () => asked } as never });
    await tracer.run('request', () => FRESHNESS_QUESTIONS.position(engine));
    expect(seen).toEqual([undefined]);
  });
});

describe('the handlers of a stream', () => {
  it('run in the context in which it was asked for, whoever writes the rows', () => {
    const stream = new PassThrough({ objectMode: true });
    tracer.run('query', () => emittingHere(stream));
    tracer.run('handler', () => stream.on('data', note).on('ping', note));
    tracer.run('socket', () => stream.emit('ping'));
    expect(seen).toEqual(['query']);
  });
});
