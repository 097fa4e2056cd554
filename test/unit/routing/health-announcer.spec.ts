import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { stubEngine } from '../engines/stub-engine.js';
import type { RoutingEvents } from '../../../src/routing/decision-announcer.js';
import { HealthAnnouncer } from '../../../src/routing/health-announcer.js';

const engine = (name: string) => stubEngine(name);

describe('what is told of engines', () => {
  it('reaches listeners in order, and only when health has done its work', async () => {
    const events: RoutingEvents = new EventEmitter();
    const heard: string[] = [];
    events.on('engine', ({ engine: name, from, to }) => heard.push(`${name} ${from.kind} ${to.kind}`));
    events.on('master', ({ from, to }) => heard.push(`${from} ${to}`));
    const announcer = new HealthAnnouncer({ debug() {}, warn() {} }, events);
    const slave = engine('slave1');
    const from = slave.state;
    slave.state = { kind: 'down', since: new Date(), because: 'gone' };
    announcer.engineChanged(slave, from);
    announcer.masterChanged(engine('master'), slave);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(['slave1 unknown down', 'master slave1']);
  });
});
