import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The tarball that would be published, made of what is built, in a folder. */
export function pack(folder) {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const cwd = join(import.meta.dirname, '../..');
  const [{ filename }] = JSON.parse(
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  return join(folder, filename);
}
