import type { AddRouting } from './add-routing.js';
import type { App } from './app.js';
import { ENV_EXAMPLE } from './env-example.js';

/** What the app needs and `npm` installs for no other package's sake. */
const NEEDED = ['knex', 'pg'];

const MANAGERS = [
  { lock: 'pnpm-lock.yaml', add: 'pnpm add', remove: 'pnpm remove' },
  { lock: 'yarn.lock', add: 'yarn add', remove: 'yarn remove' },
  { lock: 'bun.lock', add: 'bun add', remove: 'bun remove' },
] as const;

const NPM = { add: 'npm install', remove: 'npm uninstall' };

/** What is printed in the end: what is left to do, in the order of doing it. */
export function nextSteps(app: App, { changed, left, unneeded, isMasterInEnv }: AddRouting): string[] {
  const manager = MANAGERS.find(({ lock }) => app.tree.exists(lock)) ?? NPM;
  const there = Object.keys({ ...(app.json('package.json')['dependencies'] as object | undefined) });
  const missing = NEEDED.filter((one) => !there.includes(one));
  const gone = unneeded.filter((one) => there.includes(one));
  const steps = [
    ...(left.length > 0 ? ['See to what was left as it is, above.'] : []),
    ...([...changed.keys()].some((path) => path.startsWith('libs/'))
      ? ['Libraries have changed: run this for their other apps too, with --project and their names.']
      : []),
    ...(missing.length > 0 ? [`${manager.add} ${missing.join(' ')}`] : []),
    ...(gone.length > 0 ? [`${manager.remove} ${gone.join(' ')}`] : []),
    isMasterInEnv
      ? `Set DATABASE_MASTER_URL, or DATABASE_URL, and DATABASE_MODE, as in ${ENV_EXAMPLE}.`
      : `Set DATABASE_MODE, as in ${ENV_EXAMPLE}. The address of the master stays where the code has it.`,
    'Nest reads no .env by itself, but for ConfigModule: nest start --env-file .env',
    'Run the app and its tests. With DATABASE_MODE=shadow all queries run on the master as before; what would go to slaves is reported.',
    'Then name a slave in DATABASE_SLAVES_SLAVE1_URL, let npx nestjs-database-routing doctor look at it, and set DATABASE_MODE=on. DATABASE_MODE=master takes it back at once.',
  ];
  return ['Next:', ...steps.map((step, n) => `  ${n + 1}. ${step}`)];
}
