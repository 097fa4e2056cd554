import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, lstat, mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ORDINARY_USER } from './ordinary-user.js';
import { OwnerApp } from './owner-app.js';
import { OwnerProcess, type Ending, type OwnerUser } from './owner-process.js';
import { itAsRoot } from './root-only.js';

describe('a replication starts', () => {
  let whole: OwnerApp;
  let withoutLinks: OwnerApp;
  let temporaryFolder: string;

  beforeAll(async () => {
    whole = await OwnerApp.build({ hasLibraryLinks: true });
    withoutLinks = await OwnerApp.build({ hasLibraryLinks: false });
  });

  beforeEach(async () => {
    temporaryFolder = await whole.newTemporaryFolder();
  });

  afterEach(() => rm(temporaryFolder, { recursive: true, force: true }));

  afterAll(async () => {
    await whole.remove();
    await withoutLinks.remove();
  });

  it('as an ordinary user without a home, whose install lacks the library links and is not theirs', async () => {
    expect(await run(withoutLinks, temporaryFolder, ORDINARY_USER)).toEqual({ code: 0, signal: null });
  });

  it('as an ordinary user from the install itself, without a copy of it', async () => {
    expect(await run(whole, temporaryFolder, ORDINARY_USER)).toEqual({ code: 0, signal: null });
    expect(await readdir(temporaryFolder)).toEqual([]);
  });

  itAsRoot(
    'as root in a folder that nobody else may enter, several at a time, with one copy for all',
    async () => {
      await chmod(withoutLinks.folder, 0o700);
      const endings = await Promise.all([1, 2, 3].map(() => run(withoutLinks, temporaryFolder)));
      expect(endings).toEqual(Array.from({ length: 3 }, () => ({ code: 0, signal: null })));
      expect(await readdir(temporaryFolder)).toEqual([expect.stringMatching(/^pgrouting-binaries-/)]);
    },
  );

  itAsRoot('as root, leaving at most three copies besides those that were used within a day', async () => {
    const uid = (await run(whole, temporaryFolder), (await readdir(temporaryFolder))[0]!.split('-').at(-1)!);
    await rm(join(temporaryFolder, (await readdir(temporaryFolder))[0]!), { recursive: true });
    const daysAgo = { today: 0, a: 2, b: 3, c: 4, d: 5 };
    for (const [name, days] of Object.entries(daysAgo)) {
      const copy = join(temporaryFolder, `pgrouting-binaries-${name}-${uid}`);
      await mkdir(copy);
      const used = new Date(Date.now() - days * 86_400_000);
      await utimes(copy, used, used);
    }
    expect(await run(whole, temporaryFolder)).toEqual({ code: 0, signal: null });
    const kept = (await readdir(temporaryFolder)).map((name) => name.split('-')[2]);
    expect(kept.toSorted()).toEqual(['a', process.platform, 'today']);
  });

  itAsRoot(
    'from its own copy when a stranger made, or a cleaner spoilt, the place of the kept one',
    async () => {
      await run(whole, temporaryFolder);
      const [kept = ''] = await readdir(temporaryFolder);
      await rm(join(temporaryFolder, kept, 'bin/postgres'));
      expect(await run(whole, temporaryFolder)).toEqual({ code: 0, signal: null });
      await rm(join(temporaryFolder, kept), { recursive: true });
      await mkdir(join(temporaryFolder, kept, 'bin'), { recursive: true });
      expect(await run(whole, temporaryFolder)).toEqual({ code: 0, signal: null });
      expect((await lstat(join(temporaryFolder, kept))).uid).toBe(0);
    },
  );
});

async function run(app: OwnerApp, temporaryFolder: string, user?: OwnerUser): Promise<Ending> {
  const owner = new OwnerProcess(app, 'stop and come to its end', temporaryFolder, user);
  await owner.started();
  const ending = await owner.ended;
  expect(await owner.folders()).toEqual([]);
  return ending;
}
