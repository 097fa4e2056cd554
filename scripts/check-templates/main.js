// Puts the package into the apps that Nest's own CLI makes, as a reader of the README would, and by `nest add` into apps that have a Knex:
// npm run check:templates, or a part alone: npm run check:templates -- nestjs-knex, or -- templates
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';
import { pack } from '../common/pack.js';
import { answerOf, execute } from './apps.js';
import { APPS, tryNestAdd } from './nest-add.js';

const ROOT = join(import.meta.dirname, '../..');
const CLIS = ['11', '12'];
const NAME = 'nestjs-database-routing';
/** Nest's templates without the apps that have a Knex. */
const TEMPLATES = 'templates';
const [only] = process.argv.slice(2);

const readme = blocksOf('README.md');
const gettingStarted = blocksOf('docs/getting-started.md');
const testing = Object.fromEntries(blocksOf('docs/testing.md').map(({ language, code }) => [language, code]));

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'check-templates-'));
const databases = await startReplicatedPostgres({ slaves: 2 });
try {
  await databases.master.query("CREATE VIEW posts AS SELECT current_setting('cluster_name') AS server");
  await databases.caughtUp();
  const tarball = pack(folder);
  const apps = APPS.filter(({ fixture }) => !only || fixture === only);
  for (const cli of CLIS) {
    const own = apps.filter((app) => app.cli === cli);
    const base = join(folder, `template${cli}`);
    if (only && only !== TEMPLATES && own.length === 0) continue;
    console.log(`\nNest's template ${cli}`);
    console.log(`  nest new template${cli}`);
    execute(`npx --yes @nestjs/cli@${cli} new template${cli} --package-manager npm --skip-git`, folder);
    if (!only || only === TEMPLATES) await tryTemplate(cli, base, tarball);
    for (const one of own) {
      console.log(`\nnest add to an app on ${one.fixture}, Nest ${cli}`);
      await tryNestAdd(one, { base, app: join(folder, one.fixture), tarball, databases });
    }
  }
  const passed = [only && only !== TEMPLATES ? 0 : CLIS.length, apps.length];
  console.log(`\n${passed[0]} templates and ${passed[1]} apps passed`);
} finally {
  await databases.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function tryTemplate(cli, base, tarball) {
  const app = join(folder, `app${cli}`);
  cpSync(base, app, { recursive: true, verbatimSymlinks: true });
  const run = (command, env = {}) => {
    console.log(`  ${command.replace(tarball, NAME)}`);
    execute(command, app, env);
  };
  for (const { code } of gettingStarted.filter(({ language }) => language === 'sh'))
    for (const command of code.trim().split('\n')) run(command.replace(NAME, tarball));
  importPosts(app);
  const [{ code: spec }] = gettingStarted.filter(({ language }) => language === 'ts spec');
  writeFileSync(join(app, 'src/posts.spec.ts'), spec);
  writeTests(app, cli);

  const env = {
    DATABASE_MASTER_URL: databases.master.url,
    DATABASE_SLAVE1_URL: databases.slave('slave1').url,
    DATABASE_SLAVE2_URL: databases.slave('slave2').url,
  };
  run('npm run build');
  run('npm test', env);
  run('npm run test:e2e', env);
  const engine = await answerOf(app, env);
  console.log(`  GET /posts: answered by ${engine}`);
  if (!/^slave[12]$/.test(engine)) throw new Error(`a read was answered by ${engine}, not by a slave`);
}

/** What docs/testing.md shows, and where it says: a unit test without a database, and an e2e test on real replication. */
function writeTests(app, cli) {
  const types = testing[cli === '11' ? 'ts jest' : 'ts vitest'];
  writeFileSync(join(app, 'src/notes.spec.ts'), `${testing['ts spec']}\n${types}`);
  writeFileSync(join(app, 'test/databases.ts'), testing['ts setup']);
  writeFileSync(join(app, 'test/stop-databases.ts'), testing['ts teardown']);
  writeFileSync(join(app, 'test/notes.e2e-spec.ts'), testing['ts e2e']);
  const [path, line, after] =
    cli === '11'
      ? ['test/jest-e2e.json', testing['json jest-config'], '{\n']
      : ['vitest.config.e2e.ts', testing['ts vitest-config'], '  test: {\n'];
  const config = readFileSync(join(app, path), 'utf8');
  if (!config.includes(after)) throw new Error(`${path} of Nest's template ${cli} is not as it was`);
  writeFileSync(join(app, path), config.replace(after, after + line));
}

/** README's first block as a module of its own, which the template's root module imports. */
function importPosts(app) {
  const [{ code }] = readme.filter(({ language }) => language === 'ts');
  writeFileSync(join(app, 'src/posts.module.ts'), code);
  const path = join(app, 'src/app.module.ts');
  const root = readFileSync(path, 'utf8');
  const extension = /app\.service(\.js)?'/.exec(root)[1] ?? '';
  writeFileSync(
    path,
    `import { AppModule as PostsModule } from './posts.module${extension}';\n${root.replace('imports: []', 'imports: [PostsModule]')}`,
  );
}

function blocksOf(page) {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }));
}
