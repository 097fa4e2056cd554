import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { stubEngine } from './stub-engine.js';
import type { Knex } from 'knex';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import type { Engine } from '../../../src/engines/engine.js';
import { EngineRegistry } from '../../../src/engines/engine-registry.js';
import type { EngineStateKind } from '../../../src/engines/engine-state.js';
import { InvalidOptionsError, UnknownEngineError } from '../../../src/errors.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function registryOf(balancing = true, watched = false) {
  const closed: string[] = [];
  const knexOf = (name: string) => ({ destroy: async () => void closed.push(name) }) as unknown as Knex;
  const engine = (name: string, role: Engine['role']) =>
    stubEngine(name, role, { knex: knexOf(name), probes: knexOf(`probes of ${name}`) });
  const slaves = balancing ? [engine('slave1', 'slave'), engine('slave2', 'slave')] : [];
  const registry = new EngineRegistry(engine('master', 'master'), slaves, {
    balancing,
    createSlave: (name) => engine(name, 'slave'),
    watched,
    clock: SYSTEM_CLOCK,
  });
  const heard: string[] = [];
  registry.watch({
    joined: ({ name }) => heard.push(`${name} joined`),
    left: ({ name }) => heard.push(`${name} left`),
    changed() {},
  });
  const eligible = () => registry.eligibleSlaves().map(({ name }) => name);
  return { registry, closed, heard, eligible };
}

const OPTIONS = { connection: 'postgres://a' };

describe('a slave that is added', () => {
  it('serves from then on, and is watched', () => {
    const { registry, heard, eligible } = registryOf();
    registry.add('slave3', OPTIONS);
    expect(eligible()).toEqual(['slave1', 'slave2', 'slave3']);
    expect(registry.names()).toEqual(['master', 'slave1', 'slave2', 'slave3']);
    expect(heard).toEqual(['slave3 joined']);
  });

  it.each(['slave1', 'master'])('is refused where its name is taken: %s', (name) => {
    const { registry, heard } = registryOf();
    expect(() => registry.add(name, OPTIONS)).toThrow(InvalidOptionsError);
    expect(() => registry.add(name, OPTIONS)).toThrow(`engines.add('${name}'): there is one of that name.`);
    expect(heard).toEqual([]);
  });

  it('is refused where the set was configured without slaves', () => {
    const { registry } = registryOf(false);
    expect(() => registry.add('slave1', OPTIONS)).toThrow('configured without slaves');
    expect(registry.names()).toEqual(['master']);
  });
});

describe('a slave that is removed', () => {
  it('is given nothing more at once, and is gone with its connections when nothing runs there', async () => {
    const { registry, heard, closed, eligible } = registryOf();
    const removing = registry.remove('slave1');
    expect(eligible()).toEqual(['slave2']);
    expect(heard).toEqual(['slave1 left']);
    await removing;
    expect(closed.toSorted()).toEqual(['probes of slave1', 'slave1']);
    expect(registry.names()).toEqual(['master', 'slave2']);
    expect(registry.slaves.map(({ name }) => name)).toEqual(['slave2']);
  });

  it('lets what runs there end', async () => {
    const { registry, closed } = registryOf();
    const slave = registry.find('slave1')!;
    const cut = jest.spyOn(slave, 'cut');
    slave.inFlight = 1;
    const removing = registry.remove('slave1');
    await jest.advanceTimersByTimeAsync(29_000);
    expect([closed, slave.state.kind, cut.mock.calls.length]).toEqual([[], 'draining', 0]);
    slave.inFlight = 0;
    await jest.advanceTimersByTimeAsync(100);
    await removing;
    expect(closed).toContain('slave1');
  });

  it('waits no longer than it is told', async () => {
    const { registry, closed } = registryOf();
    registry.find('slave1')!.inFlight = 1;
    const removing = registry.remove('slave1', { drainMs: 100 });
    await jest.advanceTimersByTimeAsync(100);
    await removing;
    expect(closed).toContain('slave1');
  });

  it('may be added again under its name', async () => {
    const { registry, eligible } = registryOf();
    await registry.remove('slave1');
    registry.add('slave1', OPTIONS);
    expect(eligible()).toEqual(['slave2', 'slave1']);
  });

  it('is refused where it is none, the master, or on its way out', async () => {
    const { registry } = registryOf();
    await expect(registry.remove('slave7')).rejects.toBeInstanceOf(UnknownEngineError);
    await expect(registry.remove('master')).rejects.toThrow("engines.remove('master'): it is the master.");
    registry.find('slave1')!.inFlight = 1;
    const removing = registry.remove('slave1', { drainMs: 100 });
    await expect(registry.remove('slave1')).rejects.toThrow('it is being removed already');
    await jest.advanceTimersByTimeAsync(100);
    await removing;
  });
});

describe('a slave that was promoted', () => {
  it('is meant by master, and by its own name; the old master is a slave by its own', () => {
    const { registry } = registryOf();
    const old = registry.master;
    const slave1 = registry.find('slave1')!;
    registry.promote(slave1);
    expect([registry.get('master', 'x'), registry.find('slave1'), registry.master]).toEqual([
      slave1,
      slave1,
      slave1,
    ]);
    expect(registry.find('master')).toBe(old);
    expect([slave1.role, old.role]).toEqual(['master', 'slave']);
    expect(registry.all().map(({ name }) => name)).toEqual(['slave1', 'slave2', 'master']);
  });

  it('serves no reads that are for slaves, and the old master does as soon as it is fit', () => {
    const { registry, eligible } = registryOf();
    const old = registry.master;
    registry.setState(old, { kind: 'down', since: new Date(), because: 'gone' });
    expect(eligible()).toEqual(['slave1', 'slave2']);
    registry.promote(registry.find('slave1')!);
    expect(eligible()).toEqual(['slave2']);
    registry.setState(old, { kind: 'up', since: new Date() });
    expect(eligible()).toEqual(['slave2', 'master']);
  });

  it('can be removed no more, and the old master can', async () => {
    const { registry, closed } = registryOf();
    registry.promote(registry.find('slave1')!);
    await expect(registry.remove('slave1')).rejects.toThrow('it is the master');
    await registry.remove('master');
    expect(closed).toContain('master');
    expect(registry.get('master', 'x').name).toBe('slave1');
  });
});

describe('the slaves that may serve where engines are watched', () => {
  it.each<[EngineStateKind, boolean]>([
    ['unknown', false],
    ['up', true],
    ['returning', true],
    ['lagging', false],
    ['slow', false],
    ['down', false],
    ['foreign', false],
    ['draining', false],
  ])('%s: %s', (kind, serves) => {
    const { registry, eligible } = registryOf(true, true);
    const slave = registry.find('slave1')!;
    eligible();
    registry.setState(slave, { kind, since: new Date(), because: 'x', share: 1 } as typeof slave.state);
    expect(eligible().includes('slave1')).toBe(serves);
    expect(registry.mayServe(slave)).toBe(serves);
  });
});
