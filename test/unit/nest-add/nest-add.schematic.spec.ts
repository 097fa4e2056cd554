import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { appTypescript } from '../../../src/nest-add/app-typescript.js';
import { nestAdd } from '../../../src/nest-add/nest-add.schematic.js';
import type { Tree } from '../../../src/nest-add/tree.js';
import { appOf, treeOf } from './folder-tree.js';

async function run(tree: Tree): Promise<string[]> {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  await nestAdd({ sourceRoot: 'src' })(tree, { logger: { info: say, warn: say } });
  return lines;
}

describe('the schematic', () => {
  const head = "import { KnexModule } from 'nest-knexjs';\n";
  const service =
    "import { InjectModel } from 'nest-knexjs';\nclass A {\n  constructor(@InjectModel() a, @InjectModel('b') b) {}\n}\n";

  it('writes what has changed, tells what it left by the lines as they are now, and what is next', async () => {
    const tree = treeOf(appOf('[KnexModule.forRoot({ config })]', { head, 'src/a.ts': service }));
    const lines = await run(tree);
    expect(tree.readText('src/app.module.ts')).toContain('DatabaseRoutingModule.forRootAsync(');
    expect(tree.readText('.env.example')).toContain('DATABASE_MODE=shadow');
    expect(tree.readText('src/a.ts').split('\n')[3]).toContain("@InjectModel('b')");
    expect(lines.slice(0, 4)).toEqual([
      'Left as it is:',
      "  src/a.ts:4  InjectModel('b') stays: it is of another connection, or has no counterpart here",
      'Next:',
      '  1. See to what was left as it is, above.',
    ]);
  });

  it('says so where nothing is to change', async () => {
    const tree = treeOf(appOf('[]'));
    await run(tree);
    expect(await run(tree)).toEqual(['Nothing to change.']);
  });
});

describe("the app's TypeScript", () => {
  const folder = mkdtempSync(join(tmpdir(), 'app-typescript-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  it('is missed with the next step', () => {
    expect(() => appTypescript(join(folder, 'none'))).toThrow('npm install --save-dev typescript');
  });

  it("is the Nest CLI's where the app's own lacks what is needed", () => {
    write('cli/node_modules/typescript/index.js', 'module.exports = { version: "7" };');
    write('cli/node_modules/@nestjs/cli/package.json', '{}');
    write(
      'cli/node_modules/@nestjs/cli/node_modules/typescript/index.js',
      'module.exports = { version: "6", createSourceFile() {} };',
    );
    expect(appTypescript(join(folder, 'cli')).version).toBe('6');
  });

  it("is the app's own where it has", () => {
    write(
      'own/node_modules/typescript/index.js',
      'module.exports = { version: "5", createSourceFile() {} };',
    );
    expect(appTypescript(join(folder, 'own')).version).toBe('5');
  });
});
