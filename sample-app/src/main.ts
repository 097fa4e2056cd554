import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { type DatabaseRouting, getDatabaseRoutingToken } from 'nestjs-database-routing';
import { AppModule } from './app.module.js';
import { assertFree, portFromEnv } from './port.js';
import { thingsToTry } from './things-to-try.js';

const HOST = '127.0.0.1';

try {
  const port = portFromEnv(process.env);
  await assertFree(port, HOST); // before servers are started for nothing
  // Browsers hold connections open that carry no request: Ctrl-C would wait for them.
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'], forceCloseConnections: true });
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(port, HOST);
  printReports(app.get<DatabaseRouting>(getDatabaseRoutingToken()));
  // From here on the log has a line for each query: which engine, and whether it was forced.
  app.useLogger(['error', 'warn', 'log', 'debug']);
  console.log(thingsToTry(await app.getUrl()));
} catch (error) {
  console.error(isPortTaken(error) ? `${error.message}. Choose another port: PORT=3001 npm start` : error);
  process.exit(1);
}

/** Once a minute, and at the end: which reads went to slaves, or with DATABASE_MODE=shadow which would have, and what keeps the rest. */
function printReports(routing: DatabaseRouting): void {
  routing.report(); // counts from here on
  routing.events.on('report', (report) => console.log(String(report)));
}

function isPortTaken(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
