import {
  createDatabaseRouting,
  type DatabaseRouting,
  type DatabaseRoutingOptions,
  type RoutingStatus,
} from '../../src/index.js';
import { routingOptions } from '../check-consistency/routing-options.js';
import type { Servers } from '../common/servers.js';
import { withinDeadline } from './load/within-deadline.js';
import type { RouterSession, RouterUnderFault, SessionKnex } from './routers/router-under-fault.js';

/** A slave whose replay is paused must be out while a row lasts. */
const HEALTH = { health: { maxLagMs: 1000 } };

export async function startOurs(
  servers: Servers,
  onSent: (engine: string, reason: string) => void,
  options: Partial<DatabaseRoutingOptions>,
): Promise<RouterUnderFault> {
  const routing = createDatabaseRouting({ ...routingOptions(servers, {}), ...HEALTH, ...options });
  routing.events.on('decision', ({ engine, reason }) => onSent(engine, reason));
  const causes: string[] = [];
  routing.events.on('engine', ({ engine, to }) => {
    if ('because' in to) causes.push(`${engine} is ${to.kind}, ${to.because}`);
  });
  await Promise.all([routing.ready(), routing.asked()]); // a row begins with all engines in rotation
  return {
    causes,
    session: () => new OurSession(routing),
    isOut: (engine) => isOut(routing.status(), engine),
    masterNow: () => routing.status().master,
    close: () => routing.destroy(),
  };
}

/** A master is not in rotation, and so not out of it. */
function isOut({ engines }: RoutingStatus, engine: string): boolean | undefined {
  const status = engines.find(({ name }) => name === engine);
  return status && status.role === 'slave' && !status.eligible;
}

class OurSession implements RouterSession {
  private bookmark: string | undefined;

  constructor(private readonly routing: DatabaseRouting) {}

  async context(work: (knex: SessionKnex) => Promise<void>): Promise<void> {
    const { knex } = this.routing;
    await this.routing.run({ bookmark: this.bookmark }, async () => {
      await work({ reads: knex, writes: knex });
      this.bookmark = (await withinDeadline('bookmark()', this.routing.bookmark())) ?? this.bookmark;
    });
  }
}
