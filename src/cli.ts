#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { createDatabaseRouting } from './create-database-routing.js';
import { exitCodeOf, printDiagnosis } from './doctor/print-diagnosis.js';
import { messageOf } from './errors.js';
import type { DatabaseRoutingOptions } from './options/database-routing-options.js';
import { optionsFromEnv } from './options/options-from-env.js';

const USAGE = `nestjs-database-routing doctor [options]

Connects to what the app would, and says what is wrong with the set-up. Without URLs it takes the environment's variables:
DATABASE_MASTER_URL, DATABASE_SLAVES_SLAVE1_URL and so on.

  --master URL          the master
  --slave [NAME=]URL    a slave; may be given several times
  --processes N         how many processes run the app (default 1)
  --json                prints JSON
  --help                prints this

It ends with 0 where all is sound, with 1 where something should be looked at, and with 2 where routing does not work so.`;

/** Where it can't even begin. */
const CANNOT_BEGIN = 2;

void main(process.argv.slice(2))
  .catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    return CANNOT_BEGIN;
  })
  .then((code) => (process.exitCode = code));

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      master: { type: 'string' },
      slave: { type: 'string', multiple: true, default: [] },
      processes: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals[0] !== 'doctor') {
    process.stdout.write(`${USAGE}\n`);
    return values.help ? 0 : CANNOT_BEGIN;
  }
  const processes = Number(values.processes);
  if (!Number.isInteger(processes) || processes < 1)
    throw new Error(`--processes must be a number from 1, got '${values.processes}'`);
  const quiet = { debug() {}, warn() {} };
  const routing = createDatabaseRouting({ ...optionsOf(values.master, values.slave), logger: quiet });
  try {
    const diagnosis = await routing.doctor({ processes });
    const text = values.json ? JSON.stringify(diagnosis, null, 2) : printDiagnosis(diagnosis);
    process.stdout.write(`${text}\n`);
    return exitCodeOf(diagnosis);
  } finally {
    await routing.destroy();
  }
}

function optionsOf(master: string | undefined, slaves: readonly string[]): DatabaseRoutingOptions {
  if (master === undefined) {
    if (slaves.length > 0) throw new Error('--slave needs --master');
    if (!process.env['DATABASE_MASTER_URL'] && !process.env['DATABASE_URL'])
      throw new Error('Nothing says where the master is: set DATABASE_MASTER_URL, or give --master URL');
    return optionsFromEnv(process.env);
  }
  const named = new Map<string, { connection: string }>();
  for (const [index, given] of slaves.entries()) {
    const [, name = `slave${index + 1}`, url] = /^(?:([\w-]+)=)?(\w+:\/\/.*)$/.exec(given) ?? [];
    if (url === undefined)
      throw new Error(`--slave takes a URL, or NAME=URL; number ${index + 1} is neither`); // it may hold a password
    if (named.has(name)) throw new Error(`Two slaves are called ${name}; name them by NAME=URL`);
    named.set(name, { connection: url });
  }
  return { client: 'pg', master: { connection: master }, slaves: Object.fromEntries(named) };
}
