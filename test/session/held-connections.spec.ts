import { describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { Engine } from '../../src/engines/engine.js';
import { HeldConnections } from '../../src/session/held-connections.js';

/** Its pool is closing for ever, and whoever asks it for a connection waits for ever. */
function closing(): Engine {
  const never = new Promise<never>(() => undefined);
  const client = { acquireConnection: () => never };
  const knex = { client, destroy: () => never, initialize: () => undefined } as unknown as Knex;
  return new Engine('slave1', 'slave', 1, knex, knex);
}

describe('who asks for a connection', () => {
  it('is refused while the engine is closing, and does not wait for what never comes', async () => {
    const engine = closing();
    engine.state = { kind: 'down', since: new Date(), because: 'so that no timer is left' };
    void engine.destroy();
    const refused = new HeldConnections().acquire(engine);
    await expect(refused).rejects.toThrow('Unable to acquire a connection: slave1 is closed');
    expect(engine.inFlight).toBe(0);
  });

  it('waits again once the engine was opened anew', async () => {
    const engine = closing();
    engine.state = { kind: 'down', since: new Date(), because: 'so that no timer is left' };
    void engine.destroy();
    engine.initialize();
    new HeldConnections().acquire(engine).catch(() => undefined); // it is cut when the test has ended
    await Promise.resolve();
    expect(engine.inFlight).toBe(1);
  });
});
