import { Controller, Get, Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  type EngineState,
} from '../../../src/index.js';
import { DatabaseRoutingHealthIndicator } from '../../../src/terminus/index.js';
import type { ReplicatedPostgres } from '../../../src/testing/index.js';
import { enginesOf, startReplicatedNodes } from '../../apps/replicated-nodes.js';
import { type RunningApp, startApp } from '../../apps/running-app.js';
import { eventually } from '../testing/eventually.js';

let replication: ReplicatedPostgres;
let running: RunningApp | undefined;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterEach(async () => {
  await running?.close();
  running = undefined;
});

afterAll(() => replication.stop());

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseRoutingHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.database.isHealthy('database')]);
  }

  @Get('reports')
  @HealthCheck()
  checkReports() {
    return this.health.check([() => this.database.isHealthy('reports', { set: 'reports' })]);
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DatabaseRoutingHealthIndicator],
})
class HealthModule {}

const SILENT_LOG = { warn() {}, error() {}, debug() {}, deprecate() {} };
const NOBODY = { connection: 'postgres://127.0.0.1:1/none' };

async function start(more: Partial<DatabaseRoutingOptions> = {}, reports?: DatabaseRoutingOptions) {
  const options = enginesOf(replication, {
    log: SILENT_LOG,
    health: { intervalMs: 50, slowMs: 2_000 },
    ...more,
  });
  running = await startApp(() => new ExpressAdapter(), {
    imports: [
      DatabaseRoutingModule.forRoot(options),
      ...(reports ? [DatabaseRoutingModule.forRoot({ ...reports, name: 'reports' })] : []),
      HealthModule,
    ],
  });
  return running;
}

/** Status and details of one indicator. */
async function healthOf(app: RunningApp, path = '/health', key = 'database') {
  const { status, body } = await app.get(path);
  return { http: status, ...(body as { details: Record<string, object> }).details[key] };
}

const kindsOf = (kinds: Record<string, EngineState['kind']>) =>
  Object.fromEntries(
    Object.entries(kinds).map(([name, state]) => [name, expect.objectContaining({ state })]),
  );

describe('the health of a set', () => {
  it('is up with all engines up, which are asked where nobody has asked them yet', async () => {
    const app = await start();
    const engines = kindsOf({ master: 'up', slave1: 'up', slave2: 'up' });
    await eventually(async () => {
      const health = { http: 200, status: 'up', master: 'master', isContested: false, engines };
      expect(await healthOf(app)).toEqual(health);
    });
  });

  it('is degraded with a slave that is out, and says nothing of why', async () => {
    const { slaves } = enginesOf(replication);
    const app = await start({ slaves: { ...slaves, slave1: NOBODY } as DatabaseRoutingOptions['slaves'] });
    const health = await healthOf(app);
    const engines = kindsOf({ master: 'up', slave1: 'down', slave2: 'up' });
    expect(health).toMatchObject({ http: 200, status: 'degraded', engines });
    expect(JSON.stringify(health)).not.toContain('ECONNREFUSED');
  });

  it('is degraded with a slave that lags', async () => {
    const app = await start({ health: { intervalMs: 50, slowMs: 2_000, maxLagBytes: 0 } });
    await replication.slave('slave1').pause();
    await replication.master.query('CREATE TABLE grows AS SELECT generate_series(1, 10000)');
    await app.get('/health');
    await running!.app.get(DatabaseRouting).knex('node').first();
    await eventually(async () =>
      expect(await healthOf(app)).toMatchObject({
        status: 'degraded',
        engines: { slave1: { state: 'lagging' } },
      }),
    );
    await replication.slave('slave1').resume();
  });

  it('is degraded where slaves are looked for and none was found', async () => {
    const app = await start({ slaves: { findSlaves: async () => ({}) } });
    expect(await healthOf(app)).toMatchObject({ http: 200, status: 'degraded', master: 'master' });
  });

  it('is up without slaves, where none are configured', async () => {
    expect(await healthOf(await start({ slaves: {} }))).toMatchObject({ http: 200, status: 'up' });
  });

  it('is down without a master', async () => {
    const health = await healthOf(await start({ master: NOBODY }));
    expect(health).toMatchObject({ http: 503, status: 'down', engines: kindsOf({ master: 'down' }) });
  });

  it('is down while two engines claim to be the master', async () => {
    const app = await start();
    const routing = running!.app.get(DatabaseRouting);
    const status = routing.status();
    routing.status = () => ({ ...status, isContested: true });
    expect(await healthOf(app)).toMatchObject({ http: 503, status: 'down', isContested: true });
  });

  it('is told for each set by its name', async () => {
    const app = await start({}, { client: 'pg', log: SILENT_LOG, master: NOBODY });
    expect(await healthOf(app)).toMatchObject({ status: 'up' });
    expect(await healthOf(app, '/health/reports', 'reports')).toMatchObject({ http: 503, status: 'down' });
  });
});
