import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { Client } from 'pg';
import { eventually } from './eventually.js';
import { OwnerApp, type Behaviour } from './owner-app.js';
import { OwnerProcess } from './owner-process.js';

describe('what an owner leaves behind', () => {
  let app: OwnerApp;
  let temporaryFolder: string;
  const owners: OwnerProcess[] = [];

  beforeAll(async () => {
    app = await OwnerApp.build({ hasLibraryLinks: true });
    temporaryFolder = await app.newTemporaryFolder();
  });

  afterEach(async () => {
    const left = owners.splice(0);
    for (const owner of left) owner.signal('SIGKILL');
    for (const owner of left) await expectGone(owner);
  });

  afterAll(async () => {
    await rm(temporaryFolder, { recursive: true, force: true });
    await app.remove();
  });

  it.each([
    ['call process.exit', { code: 3, signal: null }],
    ['throw an error', { code: 1, signal: null }],
    ['come to its end', { code: 0, signal: null }],
    ['stop and come to its end', { code: 0, signal: null }],
    ['dispose and come to its end', { code: 0, signal: null }],
  ] as const)('is nothing when it does this: %s', async (behaviour, ending) => {
    const owner = own(behaviour);
    await owner.started();
    expect(await owner.ended).toEqual(ending);
    await expectGone(owner);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'is nothing after %s, of which it dies as usual',
    async (signal) => {
      const owner = own('stay');
      await owner.started();
      await expectThere(owner);
      owner.signal(signal);
      expect(await owner.ended).toEqual({ code: null, signal });
      await expectGone(owner);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('is nothing after %s that it handles itself', async (signal) => {
    const owner = own('handle signals');
    await owner.started();
    await expectThere(owner);
    owner.signal(signal);
    expect(await owner.ended).toEqual({ code: 7, signal: null });
    expect(owner.output).toMatch(/\nbye\n$/);
    await expectGone(owner);
  });

  it('is nothing after SIGKILL when a slave was frozen', async () => {
    const owner = own('freeze and stay');
    await owner.started();
    await expectThere(owner);
    owner.signal('SIGKILL');
    await owner.ended;
    await expectGone(owner);
  });

  it('is nothing after SIGKILL in the middle of the start', async () => {
    const owner = own('stay');
    await eventually(() => expect(owner.servers()).not.toEqual([]));
    owner.signal('SIGKILL');
    await owner.ended;
    await expectGone(owner);
  });

  it('is removed at the next start when its guardian died with it, and those who live are left alone', async () => {
    const [dead, alive] = [own('stay'), own('stay')];
    const [, { master }] = await Promise.all([dead.started(), alive.started()]);
    for (const guardian of dead.guardians()) process.kill(guardian, 'SIGKILL');
    dead.signal('SIGKILL');
    await dead.ended;
    expect(dead.servers()).not.toEqual([]);
    expect(await dead.folders()).toHaveLength(1);
    await own('stay').started();
    expect(dead.servers()).toEqual([]);
    expect(await dead.folders()).toEqual([]);
    await expectThere(alive);
    expect(await answerOf(master)).toBe(1);
  });

  function own(behaviour: Behaviour): OwnerProcess {
    const owner = new OwnerProcess(app, behaviour, temporaryFolder);
    owners.push(owner);
    return owner;
  }
});

async function expectThere(owner: OwnerProcess): Promise<void> {
  expect(await owner.folders()).toHaveLength(1);
  expect(owner.servers().length).toBeGreaterThan(10);
  expect(owner.guardians()).toHaveLength(1);
}

async function expectGone(owner: OwnerProcess): Promise<void> {
  await owner.ended;
  await eventually(async () => {
    expect(owner.servers()).toEqual([]);
    expect(await owner.folders()).toEqual([]);
  });
}

async function answerOf(url: string): Promise<number> {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query('SELECT 1 AS one');
  await client.end();
  return rows[0].one;
}
