// Makes apps with a Knex of their own ours by `nest add`, and asks who serves their reads.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, execute } from './apps.js';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const NAME = 'nestjs-database-routing';

/** Apps as their teams have them, on the template of Nest's CLI; each reads in `APP_DATABASE` where its one database is. */
export const APPS = [
  { cli: '11', fixture: 'nest-knexjs', packages: 'nest-knexjs@0.0.34 @nestjs/config@4' },
  { cli: '11', fixture: 'nestjs-knex', packages: 'nestjs-knex@3.0.0 @nestjs/config@4' },
  { cli: '12', fixture: 'provider', packages: '' },
];

/** A copy of what `nest new` made becomes the fixture's app, then ours; it must compile and pass its tests before and after. */
export async function tryNestAdd({ fixture, packages }, { base, app, tarball, databases }) {
  const run = (command, env = {}) => {
    console.log(`  ${command.replace(tarball, NAME)}`);
    return execute(command, app, env);
  };
  const before = { APP_DATABASE: databases.master.url };
  const env = { ...before, DATABASE_SLAVES_SLAVE1_URL: databases.slave('slave1').url };
  cpSync(base, app, { recursive: true, verbatimSymlinks: true });
  cpSync(join(FIXTURES, fixture), app, { recursive: true });
  run(`npm install knex pg ${packages}`.trim());
  passes(run, before);
  run(`npm install ${tarball}`);
  // the package is there, as nest add would install it once it is published
  const dry = run(`npx nest add ${NAME} --skip-install --dry-run`);
  if (!dry.includes('UPDATE')) throw new Error(`a dry run tells no changes\n${dry}`);
  const printed = run(`npx nest add ${NAME} --skip-install 2>&1`);
  if (printed.includes('Left as it is')) throw new Error(`something was left\n${printed}`);
  run('npx prettier --check src test');
  const again = run(`npx nest add ${NAME} --skip-install`);
  if (!again.includes('Nothing to be done')) throw new Error(`it changes something again\n${again}`);
  const gone = packages.split(' ').find((one) => /knex/.test(one));
  if (gone) run(`npm uninstall ${gone.replace(/@[\d.]+$/, '')}`);
  passes(run, { ...env, DATABASE_MODE: 'on' });
  for (const [mode, engine] of [
    ['on', 'slave1'],
    ['shadow', 'master'],
  ]) {
    const answer = await answerOf(app, { ...env, DATABASE_MODE: mode });
    console.log(`  GET /posts with DATABASE_MODE=${mode}: answered by ${answer}`);
    if (answer !== engine) throw new Error(`a read was answered by ${answer}, not by ${engine}`);
  }
}

function passes(run, env) {
  run('npm run build');
  run('npm test', env);
  run('npm run test:e2e', env);
}
