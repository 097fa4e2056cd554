import { appendFile, chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresSetting } from './replicated-postgres.options.js';
import { runCommand } from './run-command.js';
import type { RunFolder } from './run-folder.js';
import { SERVER_SETTINGS } from './server-settings.js';
import { settingLine } from './setting-line.js';

export interface InitDataOptions {
  readonly binaries: string;
  readonly folder: RunFolder;
  readonly dataFolder: string;
  readonly login: { readonly user: string; readonly password: string };
  readonly settings: Readonly<Record<string, PostgresSetting>>;
}

/** A fresh data folder. Every local user reaches the port, so there is a password. */
export async function initData({
  binaries,
  folder,
  dataFolder,
  login,
  settings,
}: InitDataOptions): Promise<void> {
  const passwordFile = folder.join('password');
  await writeFile(passwordFile, `${login.password}\n`, { mode: 0o600, flag: 'wx' });
  if (folder.user) await chown(passwordFile, folder.user.uid, folder.user.gid);
  const flags = ['--no-sync', '--locale=C', '--encoding=UTF8', '--wal-segsize=1'];
  const access = ['--auth=scram-sha-256', `--username=${login.user}`, `--pwfile=${passwordFile}`];
  await runCommand(join(binaries, 'initdb'), [`--pgdata=${dataFolder}`, ...flags, ...access], folder.user);
  await rm(passwordFile);
  const lines = Object.entries({ ...SERVER_SETTINGS, ...settings }).map(([name, value]) =>
    settingLine(name, value),
  );
  await appendFile(join(dataFolder, 'postgresql.conf'), `\n${lines.join('')}`);
}
