import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import type { PostgresSetting, ReplicatedPostgresOptions } from './replicated-postgres.options.js';
import { checkServerName } from './server-name.js';

export interface ResolvedOptions {
  readonly slaves: readonly string[];
  readonly settings: Readonly<Record<string, PostgresSetting>>;
  readonly binaries: string | undefined;
  readonly database: string;
  readonly timeoutMs: number;
  readonly onProgress: (message: string) => void;
}

const KNOWN = ['slaves', 'settings', 'binaries', 'database', 'timeoutMs', 'onProgress'] satisfies Array<
  keyof ReplicatedPostgresOptions
>;

/** Set on the command line of each server: in `settings` they would silently do nothing. */
const OURS = ['port', 'cluster_name', 'listen_addresses', 'unix_socket_directories', 'primary_conninfo'];

export function resolveOptions(options: ReplicatedPostgresOptions): ResolvedOptions {
  for (const key of Object.keys(options)) {
    if (!(KNOWN as string[]).includes(key))
      refuse(`unknown option ${key}, expected one of ${KNOWN.join(', ')}`);
  }
  return Object.freeze({
    slaves: slaveNames(options.slaves ?? 1),
    settings: checkSettings(options.settings ?? {}),
    // An empty variable names no folder, so || and not ??.
    binaries: options.binaries ?? (process.env['POSTGRES_BINARIES'] || undefined),
    database: options.database ?? 'postgres',
    timeoutMs: checkTimeout(options.timeoutMs ?? 30_000),
    onProgress: options.onProgress ?? (() => undefined),
  });
}

function slaveNames(slaves: number | readonly string[]): readonly string[] {
  if (typeof slaves === 'number') {
    if (!Number.isInteger(slaves) || slaves < 0)
      refuse(`slaves must be a number from 0 or names, got ${slaves}`);
    return Array.from({ length: slaves }, (_, index) => `slave${index + 1}`);
  }
  const repeated = slaves.find((name, index) => slaves.indexOf(name) !== index);
  if (repeated !== undefined) refuse(`slaves must have different names, got ${repeated} twice`);
  return slaves.map((name) => checkServerName(name));
}

function checkSettings(settings: Readonly<Record<string, PostgresSetting>>) {
  for (const name of Object.keys(settings)) {
    if (OURS.includes(name)) refuse(`settings.${name} is set for each server; leave it out`);
    if (!/^\w+(\.\w+)?$/.test(name)) refuse(`settings must be named as in postgresql.conf, got ${name}`);
  }
  return settings;
}

function checkTimeout(timeoutMs: number): number {
  if (!(timeoutMs > 0)) refuse(`timeoutMs must be a number above 0, got ${timeoutMs}`);
  return timeoutMs;
}

function refuse(message: string): never {
  throw new ReplicatedPostgresError('INVALID_OPTION', message);
}
