import { describe, expect, it } from '@jest/globals';
import { stubEngine } from './stub-engine.js';
import type { Knex } from 'knex';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { ANY_SLAVE } from '../../../src/context/context.js';
import type { Engine } from '../../../src/engines/engine.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { UnknownEngineError } from '../../../src/errors.js';

const knexThat = (destroy: () => Promise<void>) => ({ destroy }) as unknown as Knex;
const fine = () => knexThat(async () => undefined);
const engine = (name: string, role: Engine['role']) =>
  stubEngine(name, role, { knex: fine(), probes: fine() });

const master = engine('master', 'master');
const slaves = [engine('slave1', 'slave'), engine('slave2', 'slave')];

describe('the engines of a set', () => {
  const registry = new EngineRegistry(master, slaves, {
    balancing: true,
    createSlave: (name) => engine(name, 'slave'),
    watched: false,
    clock: SYSTEM_CLOCK,
  });

  it('are found by name, the master first', () => {
    expect(registry.names()).toEqual(['master', 'slave1', 'slave2']);
    expect(registry.all()).toEqual([master, ...slaves]);
    expect(registry.get('slave2', 'x')).toBe(slaves[1]);
    expect([registry.find('slave3'), registry.find('constructor')]).toEqual([undefined, undefined]);
    expect(registry.balancing).toBe(true);
  });

  it('give balancers one array, until it changes', () => {
    expect(registry.eligibleSlaves()).toBe(registry.eligibleSlaves());
    expect(registry.eligibleSlaves()).toEqual(slaves);
  });

  it('refuse a name that is none, and list those there are', () => {
    const unknown = () => registry.get('slave3', '@WithEngine of PostsController.list');
    expect(unknown).toThrow(UnknownEngineError);
    expect(unknown).toThrow("@WithEngine of PostsController.list names the engine 'slave3', which is not configured. Use one of: master, slave1, slave2; or 'slave' for any slave."); // prettier-ignore
    expect(() => registry.assertChoice('slave3', 'x')).toThrow(UnknownEngineError);
    expect(() => registry.assertChoice(ANY_SLAVE, 'x')).not.toThrow();
    expect(() => registry.get(ANY_SLAVE, 'x')).toThrow(UnknownEngineError);
  });

  it('carry the code and names in the error', () => {
    const error = new UnknownEngineError('a', ['master'], 'x');
    expect(error).toMatchObject({ code: 'DATABASE_ROUTING_UNKNOWN_ENGINE', engine: 'a', known: ['master'], name: 'UnknownEngineError' }); // prettier-ignore
  });

  it('take any name where there are no slaves', () => {
    const alone = new EngineRegistry(master, [], {
      balancing: false,
      createSlave: (name) => engine(name, 'slave'),
      watched: false,
      clock: SYSTEM_CLOCK,
    });
    expect(alone.get('slave7', 'x')).toBe(master);
    expect(() => alone.assertChoice('slave7', 'x')).not.toThrow();
    expect(alone.balancing).toBe(false);
  });
});
