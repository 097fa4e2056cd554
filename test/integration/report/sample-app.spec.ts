import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { SampleAppProcess } from '../sample-app/sample-app-process.js';

const FORM = { method: 'POST', body: new URLSearchParams({ author: 'Ann', text: 'Hello' }) };

let databases: ReplicatedPostgres;

beforeAll(async () => {
  databases = await startReplicatedPostgres({ slaves: 1 });
  await reportOf({}, 1); // its first start makes the tables
});

afterAll(() => databases?.stop());

/** Reads of its handlers that moved, and all, by the last page that the app printed; at boot it counts in shadow mode only. */
async function reportOf(env: NodeJS.ProcessEnv, rounds = 15): Promise<{ moved: number; reads: number }> {
  const app = await SampleAppProcess.start({ DATABASE_MASTER_URL: databases.master.url, ...env });
  await app.ready();
  await databases.caughtUp();
  await app.request('/posts', FORM);
  await databases.caughtUp();
  const paths = ['/posts', '/posts/1', '/posts/fresh', '/posts/report', '/posts?m=1', '/posts', '/posts/1'];
  for (let round = 0; round < rounds; round++) {
    for (const path of paths) await app.get(path);
    if (round % 5 === 0) await app.request('/posts', FORM);
  }
  await app.stop();
  await app.remove();
  const page = app.output.slice(app.output.lastIndexOf('By handler'));
  const handlers = [...page.matchAll(/(\d+) of (\d+) .* PostsController\./g)];
  const sumOf = (at: 1 | 2) => handlers.reduce((sum, match) => sum + Number(match[at]), 0);
  return { moved: sumOf(1), reads: sumOf(2) };
}

describe('shadow mode of the sample app', () => {
  it('prints at the end what moves when it is switched on', async () => {
    const shadow = await reportOf({ DATABASE_MODE: 'shadow' });
    const on = await reportOf({
      DATABASE_SLAVES_SLAVE1_URL: databases.slave('slave1').url,
      DATABASE_HEALTH_SLOW_MS: '10000',
    });
    expect(on.reads).toBeGreaterThan(100);
    expect(shadow.reads).toBe(on.reads);
    expect(Math.abs(shadow.moved / shadow.reads - on.moved / on.reads)).toBeLessThan(0.02);
    expect(on.moved / on.reads).toBeGreaterThan(0.3);
  });
});
