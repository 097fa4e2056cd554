import { describe, expect, it, jest } from '@jest/globals';
import { stubEngine } from './stub-engine.js';
import { EventEmitter } from 'node:events';
import type { Knex } from 'knex';
import type { Engine } from '../../../src/engines/engine.js';

const engine = (role: Engine['role'] = 'slave') => stubEngine('slave1', role, { weight: 4 });

function connection() {
  const destroy = jest.fn();
  const events = new EventEmitter();
  return {
    destroy,
    once: events.once.bind(events),
    end: () => events.emit('end'),
    connection: { stream: { destroy } },
  };
}

describe('the share of an engine', () => {
  it('is its weight, and a part of that while it returns', () => {
    const one = engine();
    expect(one.weight).toBe(4);
    one.state = { kind: 'returning', since: new Date(), share: 1 / 16 };
    expect(one.weight).toBe(0.25);
  });
});

describe('the connections of an engine', () => {
  it('are of use until it changes its role', () => {
    const one = engine();
    const before = connection();
    one.opened(before);
    expect(one.isCurrent(before)).toBe(true);
    one.takeRole('master');
    const after = connection();
    one.opened(after);
    expect([one.isCurrent(before), one.isCurrent(after)]).toEqual([false, true]);
    expect(before.destroy).not.toHaveBeenCalled(); // what runs on it may end
  });

  it('are of use where nobody has told of them', () => {
    const one = engine();
    one.takeRole('master');
    expect(one.isCurrent(connection())).toBe(true);
  });

  it('all end where it is cut, those that ended before once', () => {
    const one = engine();
    const [ended, open] = [connection(), connection()];
    one.opened(ended);
    one.opened(open);
    ended.end();
    one.cut();
    one.cut();
    expect([ended.destroy.mock.calls.length, open.destroy.mock.calls.length]).toEqual([0, 1]);
    expect(one.isCurrent(open)).toBe(false);
  });
});

describe('who waits for a connection of an engine', () => {
  it('hears of it where it is cut, as of a connection that was never there', () => {
    const reject = jest.fn<(error: Error) => void>();
    const knex = { client: { pool: { pendingAcquires: [{ reject }, { reject }] } } } as unknown as Knex;
    stubEngine('slave1', 'slave', { knex }).cut();
    expect(reject.mock.calls.map(([error]) => error.message)).toEqual(
      Array.from({ length: 2 }, () => 'Connection terminated before it was there: slave1 is out of use'),
    );
  });

  it('hears of it where it is turned away, and what runs may end', () => {
    const reject = jest.fn<(error: Error) => void>();
    const knex = { client: { pool: { pendingAcquires: [{ reject }] } } } as unknown as Knex;
    const slow = stubEngine('slave1', 'slave', { knex });
    const running = connection();
    slow.opened(running);
    slow.turnAway();
    expect(reject).toHaveBeenCalledTimes(1);
    expect([running.destroy.mock.calls.length, slow.isCurrent(running)]).toEqual([0, true]);
  });
});
