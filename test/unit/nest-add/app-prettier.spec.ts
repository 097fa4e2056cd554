import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { asPretty } from '../../../src/nest-add/app-prettier.js';

const AFTER = 'const a = "x";\nconst b   = "y"\n';

describe('a changed file', () => {
  const folders: string[] = [];
  const folderOf = (config: string) => {
    // here, so that it has our Prettier
    const folder = mkdtempSync(join(process.cwd(), 'node_modules/.app-prettier-'));
    folders.push(folder);
    writeFileSync(join(folder, '.prettierrc'), config);
    return folder;
  };

  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  it("is as the app's Prettier writes it, where it was so before", async () => {
    const folder = folderOf('{ "singleQuote": true, "semi": false }');
    const after = await asPretty(folder, 'a.ts', "const a = 'x'\n", AFTER);
    expect(after).toBe("const a = 'x'\nconst b = 'y'\n");
  });

  it.each([
    ['it was written otherwise', 'a.ts', "const a   = 'x'\n", '{}'],
    ['it is no TypeScript', '.env.example', 'A=1\n', '{}'],
    ['Prettier fails', 'a.ts', 'const a = "x";\n', '{ "plugins": ["is-not-there"] }'],
  ])('stays as it is where %s', async (_why, path, before, config) => {
    expect(await asPretty(folderOf(config), path, before, AFTER)).toBe(AFTER);
  });

  it('stays as it is where the app has no Prettier', async () => {
    expect(await asPretty(tmpdir(), 'a.ts', 'const a = "x";\n', AFTER)).toBe(AFTER);
  });
});
