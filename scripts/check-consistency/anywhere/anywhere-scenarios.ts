import 'reflect-metadata';
import { type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { DatabaseRouting } from '../../../src/index.js';
import { type ConsistencyDriver, knexDriver } from '../../../src/testing/index.js';
import type { Servers } from '../../common/servers.js';
import { pauseAndResume } from '../fault-cycles.js';
import type { RouterUnderCheck, Scenario } from '../scenario.js';
import { graphqlApp } from './graphql-app.js';
import { graphqlDriver } from './graphql.driver.js';
import { socketApp } from './socket-app.js';
import { socketDriver } from './socket.driver.js';

/** Where Nest runs code elsewhere than in the handlers of requests; each client has one socket. */
const APPS: readonly [
  name: string,
  app: (servers: Servers) => DynamicModule,
  driver: (url: string) => ConsistencyDriver,
][] = [
  ['GraphQL', graphqlApp, graphqlDriver],
  ['sockets', socketApp, socketDriver],
];

export const ANYWHERE_SCENARIOS: readonly Scenario[] = APPS.flatMap(([name, app, driver]) => {
  const row = {
    router: 'ours',
    isOurs: true,
    start: ({ servers }) => start(app(servers), driver),
  } satisfies Partial<Scenario>;
  return [
    { ...row, name: `${name}, slaves paused`, faults: pauseAndResume },
    {
      ...row,
      name: `${name}, 50 ms late, paused`,
      before: (database) => database.delay(50),
      faults: pauseAndResume,
    },
  ] satisfies Scenario[];
});

async function start(
  module: DynamicModule,
  driverOf: (url: string) => ConsistencyDriver,
): Promise<RouterUnderCheck> {
  const app: INestApplication = await NestFactory.create(module, { logger: ['fatal', 'error'] });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  const driver = driverOf(await app.getUrl());
  const prepare = () => knexDriver(app.get(DatabaseRouting)).prepare!();
  return { driver: { ...driver, prepare }, close: () => app.close() };
}
