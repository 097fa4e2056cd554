import type { Knex } from 'knex';
import type { Engine } from '../engines/engine.js';
import { type KnexClient, clientOf } from '../knex-internals.js';

const VIEWED = Symbol('the engine that a view is on');

/** Whose connections a view hands out, and a transaction begun on it, to which Knex hands the view's config. */
export function viewedEngine({ config }: KnexClient): Engine | undefined {
  return (config as { [VIEWED]?: Engine })[VIEWED];
}

/** The views of clients on engines, one of each. Owned by one routed Knex; they go with their engine when that is removed. */
export class EngineViews {
  private readonly ofClients = new WeakMap<KnexClient, WeakMap<Engine, KnexClient>>();

  of(client: KnexClient, engine: Engine): KnexClient {
    let ofClient = this.ofClients.get(client);
    if (!ofClient) this.ofClients.set(client, (ofClient = new WeakMap()));
    let view = ofClient.get(engine);
    if (!view) ofClient.set(engine, (view = createView(client, engine)));
    return view;
  }
}

/** A client that is another in all but where its connections come from and what it says of them. */
function createView(client: KnexClient, engine: Engine): KnexClient {
  const own = clientOf(engine.knex);
  return Object.create(client, {
    config: {
      value: Object.create(client.config, {
        [VIEWED]: { value: engine },
        connection: { value: own.config.connection, enumerable: true },
        wrapIdentifier: writtenThrough(client.config, 'wrapIdentifier'),
        postProcessResponse: writtenThrough(client.config, 'postProcessResponse'),
      }),
    },
    connectionSettings: { get: () => own.connectionSettings },
    driver: { get: () => own.driver },
    version: { get: () => own.version },
    pool: { get: () => own.pool },
  }) as KnexClient;
}

/** Migrations turn these off and on by whichever client they have at hand, and mean all of them. */
function writtenThrough(
  config: Knex.Config,
  key: 'wrapIdentifier' | 'postProcessResponse',
): PropertyDescriptor {
  return { get: () => config[key], set: (value) => void (config[key] = value), enumerable: true };
}
