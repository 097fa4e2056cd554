import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppProcesses } from '../../scripts/check-consistency/app/app-processes.js';
import { CheckDatabase } from '../../scripts/check-consistency/check-database.js';
import { RedisServer } from '../../scripts/check-consistency/redis-server.js';
import { eventually } from '../integration/testing/eventually.js';

const { isInstalled } = RedisServer;
if (!isInstalled)
  process.stderr.write('skipped: tests with a real Redis, because there is no redis-server\n');

const MAIN = new URL('../../scripts/check-consistency/app/main.ts', import.meta.url);
const TYPESCRIPT = new URL('../run-typescript.js', import.meta.url);

const ON_THE_MASTER = 'master;reason=bookmark';
const ON_A_SLAVE = expect.stringMatching(/^slave[12];reason=/);

/** Somebody who keeps neither cookies nor headers; the processes know them by name. */
class User {
  constructor(
    private readonly name: string,
    private readonly register = name,
  ) {}

  async write(process: string, value: string): Promise<void> {
    const body = JSON.stringify({ value });
    const { status } = await this.ask(process, { method: 'PUT', body });
    expect(status).toBe(200);
  }

  async read(process: string): Promise<{ value: string; engine: string | null }> {
    const response = await this.ask(process, {});
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    const { value } = (await response.json()) as { value: string };
    return { value, engine: response.headers.get('database-engine') };
  }

  private ask(process: string, init: RequestInit): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'x-user': this.name };
    return fetch(`${process}/registers/${this.register}`, { headers, ...init });
  }
}

(isInstalled ? describe : describe.skip)('two processes with a Redis, and a user without cookies', () => {
  let database: CheckDatabase;
  let redis: RedisServer;
  let apps: AppProcesses;
  let one: string;
  let other: string;
  let user: User;
  let users = 0;

  beforeAll(async () => {
    database = await CheckDatabase.start();
    redis = await RedisServer.start();
    const settings = { servers: database.servers, redisUrl: redis.url };
    apps = await AppProcesses.start(2, settings, MAIN, ['--import', TYPESCRIPT.href]);
    [one, other] = apps.urls as [string, string];
  });

  beforeEach(async () => {
    user = new User(`user${users++}`);
    await user.write(one, 'before');
    await database.restore();
  });

  /** The processes have found it, too. */
  afterEach(async () => {
    await redis.stop();
    redis = await RedisServer.start(redis.port);
    await database.restore();
    for (const process of apps.urls)
      await eventually(async () => expect((await user.read(process)).engine).toEqual(ON_A_SLAVE));
  });

  afterAll(async () => {
    await apps?.stop();
    await redis?.stop();
    await database?.stop();
  });

  const pauseSlaves = () => Promise.all(database.slaves.map((slave) => slave.pause()));
  const resumeSlaves = () => Promise.all(database.slaves.map((slave) => slave.resume()));

  async function comesFromASlave(process: string, value: string): Promise<void> {
    await eventually(async () => {
      const read = await user.read(process);
      expect(read.value).toBe(value);
      expect(read.engine).toEqual(ON_A_SLAVE);
    });
  }

  it('shows at one what was written at the other, and from a slave once one has it', async () => {
    await pauseSlaves();
    await user.write(one, 'A');
    for (const process of [other, one, other])
      expect(await user.read(process)).toEqual({ value: 'A', engine: ON_THE_MASTER });
    await resumeSlaves();
    await comesFromASlave(other, 'A');
  });

  it('shows to others what slaves have', async () => {
    await pauseSlaves();
    await user.write(one, 'A');
    expect(await new User('stranger', `user${users - 1}`).read(other)).toEqual({
      value: 'before',
      engine: ON_A_SLAVE,
    });
  });

  it('shows it also when Redis ends midway, and when it is back and knows nothing any more', async () => {
    await pauseSlaves();
    await user.write(one, 'A');
    await redis.stop();
    expect(await user.read(other)).toEqual({ value: 'A', engine: ON_THE_MASTER });
    await user.write(one, 'B');
    for (const process of [other, one, other])
      expect(await user.read(process)).toEqual({ value: 'B', engine: ON_THE_MASTER });
    await resumeSlaves();
    await comesFromASlave(other, 'B');
    redis = await RedisServer.start(redis.port);
    await pauseSlaves();
    await eventually(async () => {
      await user.write(one, 'C');
      expect(await user.read(other)).toEqual({ value: 'C', engine: ON_THE_MASTER });
    });
  });

  it('shows it also while Redis does not answer, however many ask', async () => {
    await pauseSlaves();
    await user.write(one, 'A');
    redis.freeze();
    await user.write(one, 'B');
    expect(await user.read(other)).toEqual({ value: 'B', engine: ON_THE_MASTER });
    const reads = await Promise.all(Array.from({ length: 20 }, () => user.read(other)));
    expect(new Set(reads.map(({ value }) => value))).toEqual(new Set(['B']));
    redis.goOn();
  });

  it('shows it also where Redis refuses to answer, which Keyv does not tell from nothing', async () => {
    await pauseSlaves();
    await user.write(one, 'A');
    execFileSync('redis-cli', ['-p', String(redis.port), 'ACL', 'SETUSER', 'default', '-@all']);
    await user.write(one, 'B');
    expect(await user.read(other)).toEqual({ value: 'B', engine: ON_THE_MASTER });
  });
});
