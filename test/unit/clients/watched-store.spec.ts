import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import type { BookmarkStore } from '../../../src/index.js';
import { WatchedStore } from '../../../src/clients/watched-store.js';

/** Answers as the test says; a Keyv, as far as it matters. */
class ToldStore extends EventEmitter implements BookmarkStore {
  asked = 0;
  answer: () => Promise<unknown> = async () => undefined;

  get(): Promise<string | undefined> {
    this.asked++;
    return this.answer() as Promise<string | undefined>;
  }

  set(): Promise<unknown> {
    this.asked++;
    return this.answer();
  }
}

const never = () => new Promise<never>(() => undefined);
const away = new Error('away');

let told: ToldStore;
let store: WatchedStore;
let failures: unknown[];
let nowMs: number;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick'] });
  nowMs = 0;
  told = new ToldStore();
  failures = [];
  store = new WatchedStore(
    told,
    (error) => failures.push(error),
    clockAt(() => nowMs),
  );
});

afterEach(() => {
  jest.useRealTimers();
});

const set = () => store.set('key', 'value', 1000);

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await jest.advanceTimersByTimeAsync(ms);
}

it('gives what the store gives, and nothing where it has nothing', async () => {
  told.answer = async () => 'value';
  expect(await store.get('key')).toBe('value');
  told.answer = async () => undefined;
  expect(await store.get('key')).toBeUndefined();
  expect(await set()).toBeUndefined();
  expect(failures).toEqual([]);
});

describe('a store that fails', () => {
  const failing: [string, () => Promise<unknown>][] = [
    ['by rejecting', () => Promise.reject(away)],
    [
      'by throwing',
      () => {
        throw away;
      },
    ],
    [
      'by an event, with nothing for an answer',
      async () => {
        told.emit('error', away);
        return undefined;
      },
    ],
    [
      'by an event, with true for an answer',
      async () => {
        told.emit('error', away);
        return true;
      },
    ],
  ];

  it.each(failing)('%s rejects', async (_how, answer) => {
    told.answer = answer;
    await expect(store.get('key')).rejects.toBe(away);
    await expect(set()).rejects.toBe(away);
  });

  it('by refusing a value rejects', async () => {
    told.answer = async () => false;
    await expect(set()).rejects.toThrow('it has refused a value');
  });

  it('is asked again after each error, and told of once until it answers', async () => {
    for (const answers of [false, false, true, false]) {
      told.answer = async () => (answers ? 'value' : Promise.reject(away));
      await store.get('key').catch(() => undefined);
    }
    expect([told.asked, failures]).toEqual([4, [away, away]]);
  });

  it('counts an error that nobody was waiting for as nothing', async () => {
    told.emit('error', away);
    expect(await store.get('key')).toBeUndefined();
  });
});

describe('a store that does not answer', () => {
  beforeEach(async () => {
    told.answer = never;
    const both = [expect(store.get('key')).rejects, expect(set()).rejects];
    const settled = both.map((rejection) => rejection.toThrow('no answer within 1000 ms'));
    await pass(1_000);
    await Promise.all(settled);
  });

  it('is left alone for a second', async () => {
    await expect(store.get('key')).rejects.toThrow('no answer');
    await pass(999);
    await expect(set()).rejects.toThrow('no answer');
    expect([told.asked, failures]).toEqual([2, [expect.any(Error)]]);
  });

  it('is asked then for one at a time', async () => {
    await pass(1_000);
    const waiting = expect(store.get('key')).rejects.toThrow('no answer');
    await expect(store.get('key')).rejects.toThrow('no answer');
    expect(told.asked).toBe(3);
    await pass(1_000);
    await waiting;
  });

  it('is asked by all once it answers again', async () => {
    await pass(1_000);
    told.answer = async () => 'value';
    await store.get('key');
    expect(await Promise.all([store.get('key'), store.get('key')])).toEqual(['value', 'value']);
  });
});
