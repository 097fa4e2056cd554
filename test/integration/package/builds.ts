import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** The version before this one: the newest commit that was released, or handed on. */
export const PREVIOUS = 'cd2b3a7c2dcf34c0a0f9da7802ca9cde3744d7e1';

/** The entry of what is built here. */
export const THIS_BUILD = join(ROOT, 'dist/esm/index.js');

/** An older version, built from the project's own history with the packages that are installed. */
export class OlderBuild {
  private readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'older-build-'));

  constructor(commit: string) {
    const files = execFileSync(
      'git',
      ['archive', commit, 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
      {
        cwd: ROOT,
        maxBuffer: 1e8,
      },
    );
    execFileSync('tar', ['-x', '-C', this.folder], { input: files });
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    execFileSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      {
        cwd: this.folder,
      },
    );
  }

  get entry(): string {
    return ['dist/esm/index.js', 'dist/index.js'].map((path) => join(this.folder, path)).find(existsSync)!;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether the project's history is there: a source archive has none. */
export function hasCommit(commit: string): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
