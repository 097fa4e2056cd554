import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Installs the peers, exactly as they are locked, the first time and after each change of the lock; npm shows how it goes. */
export function installPeers() {
  const lock = readFileSync(new URL('package-lock.json', import.meta.url), 'utf8');
  const wanted = Object.entries(JSON.parse(lock).packages).filter(([path]) => path !== '');
  if (wanted.every(([path, { version, optional }]) => optional || versionAt(path) === version)) return;
  console.error('Installing the peers into bench/peers/node_modules, once ...');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0)
    throw new Error('the peers could not be installed: see above; --routers ours,2253 does without them');
}

/** Undefined where it is not there. */
export function versionAt(path) {
  const file = new URL(`${path}/package.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}
