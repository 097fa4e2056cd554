import {
  createDatabaseRouting,
  type DatabaseRouting,
  type DatabaseRoutingOptions,
  InvalidOptionsError,
} from '../../src/index.js';
import { routingOptions } from '../check-consistency/routing-options.js';
import type { Servers } from '../common/servers.js';
import { withinDeadline } from './load/within-deadline.js';
import type { RouterSession, RouterUnderFault, SessionKnex } from './routers/router-under-fault.js';

/*
 * What of the routing's health is still being built, and nothing else in this script knows: where it is not there, an engine
 * is out when decisions show that nothing is sent to it.
 */

/** A slave whose replay is paused must be out while a row lasts. */
const HEALTH = { health: { maxLagMs: 1000 } };

interface HealthStatus {
  readonly master?: string;
  readonly engines: readonly { readonly name: string; readonly eligible?: boolean }[];
}

export async function startOurs(
  servers: Servers,
  onSent: (engine: string) => void,
): Promise<RouterUnderFault> {
  const routing = create(routingOptions(servers, {}));
  routing.events.on('decision', ({ engine }) => onSent(engine));
  await routing.ready();
  return {
    session: () => new OurSession(routing),
    isOut: (engine) => isOut(routing.status(), engine),
    masterNow: () => (routing.status() as HealthStatus).master ?? 'master',
    close: () => routing.destroy(),
  };
}

function create(options: DatabaseRoutingOptions): DatabaseRouting {
  try {
    return createDatabaseRouting({ ...options, ...HEALTH });
  } catch (cause) {
    if (!(cause instanceof InvalidOptionsError)) throw cause;
    return createDatabaseRouting(options);
  }
}

function isOut({ engines }: HealthStatus, engine: string): boolean | undefined {
  const eligible = engines.find(({ name }) => name === engine)?.eligible;
  return eligible === undefined ? undefined : !eligible;
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
