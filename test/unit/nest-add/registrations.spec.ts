import { describe, expect, it } from '@jest/globals';
import { addTo, appOf, plain } from './folder-tree.js';

const head = "import { KnexModule } from 'nest-knexjs';\n";
const moduleOf = (imports: string, more = {}) => {
  const { files, left, unneeded } = addTo(appOf(imports, { head, ...more }));
  const text = plain(files['src/app.module.ts']);
  return {
    imports: text.slice(text.indexOf('imports:'), text.indexOf('export class') - ')} '.length + 1),
    text,
    left,
    unneeded,
  };
};

describe('the options of a Knex that a package registers', () => {
  it.each([
    [
      'its address is read from the environment',
      "{ client: 'pg', connection: process.env.DATABASE_URL }",
      'optionsFromEnv(process.env)',
    ],
    [
      'it says so by another name',
      "{ client: 'pg', connection: process.env['DATABASE_MASTER_URL']! }",
      'optionsFromEnv(process.env)',
    ],
    [
      'its address is another variable',
      "{ client: 'pg', connection: process.env.PG }",
      '({...optionsFromEnv(process.env), master: {connection: process.env.PG}})',
    ],
    [
      'it has a fallback',
      "{ client: 'pg', connection: process.env.DATABASE_URL ?? 'x' }",
      "({...optionsFromEnv(process.env), master: {connection: process.env.DATABASE_URL ?? 'x'}})",
    ],
    [
      'its address is a variable of the same name',
      "{ client: 'pg', connection }",
      '({...optionsFromEnv(process.env), master: {connection}})',
    ],
    [
      'it says more',
      "{ pool: { max: 3 }, client: 'pg', ...{}, }",
      "const {connection, ...shared} = {pool: {max: 3}, client: 'pg', ...{}};",
    ],
    [
      'it has mappers',
      "{ connection: process.env.DATABASE_URL, client: 'postgresql', postProcessResponse: camel }",
      '({...optionsFromEnv(process.env), postProcessResponse: camel})',
    ],
    [
      'its client is a variable',
      '{ client: kind, connection: process.env.PG }',
      '({...optionsFromEnv(process.env), client: kind, master: {connection: process.env.PG}})',
    ],
    [
      'it is a knexfile',
      'knexfile[mode]',
      '() => {const {connection, ...shared} = knexfile[mode]; return {...optionsFromEnv(process.env), ...shared, master: {connection}};}',
    ],
  ])('are kept where %s', (_what, config, options) => {
    // prettier-ignore
    const { text, left } = moduleOf(`[KnexModule.forRoot({ config: ${config} })]`);
    expect(left).toEqual([]);
    expect(text).toContain('DatabaseRoutingModule.forRootAsync({useFactory: () =>');
    expect(text).toContain(options);
    expect(text).toContain(
      "import { DatabaseRoutingModule, optionsFromEnv } from 'nestjs-database-routing';".replaceAll(
        /([{]) | (?=[}])/g,
        '$1',
      ),
    );
    expect(text).not.toContain('KnexModule');
  });

  it('keep comments and the lines that they are on', () => {
    const before = `[
    KnexModule.forRoot({
      config: {
        client: 'pg',
        connection: { host: 'db', port: 5432 }, // in the cluster
        pool: { min: 0, max: 20 }, // as many as it allows
      },
      retryAttempts: 3,
    }),
  ]`;
    expect(addTo(appOf(before, { head })).files['src/app.module.ts']).toContain(`[
    DatabaseRoutingModule.forRootAsync({
      useFactory: () => ({
        ...optionsFromEnv(process.env),
        master: { connection: { host: 'db', port: 5432 } }, // in the cluster
        pool: { min: 0, max: 20 }, // as many as it allows
      }),
    }),
  ]`);
  });

  it('keep comments beside what goes', () => {
    const before = `[
    KnexModule.forRoot({
      config: {
        client: 'pg', // PostgreSQL
        // set by the host
        connection: process.env.DATABASE_URL, // with its password
        // as many as it allows
        pool: { max: 20 },
      }, // the one
      retryAttempts: 3,
    }),
  ]`;
    expect(addTo(appOf(before, { head })).files['src/app.module.ts']).toContain(`[
    DatabaseRoutingModule.forRootAsync({
      useFactory: () => ({
        ...optionsFromEnv(process.env),
        // PostgreSQL
        // set by the host
        // with its password
        // as many as it allows
        pool: { max: 20 },
      }), // the one
    }),
  ]`);
  });

  it('of a factory stay with what is injected', () => {
    const before = `[
    KnexModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: async (config: ConfigService): Promise<KnexModuleOptions> => {
        const url = await addressOf(config);
        return {
          config: {
            client: 'pg',
            connection: url,
          },
        };
      },
    }),
  ]`;
    expect(addTo(appOf(before, { head })).files['src/app.module.ts']).toContain(`[
    DatabaseRoutingModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: async (config: ConfigService) => {
        const url = await addressOf(config);
        return {
          ...optionsFromEnv(process.env),
          master: { connection: url },
        };
      },
    }),
  ]`);
  });

  it.each([
    [
      'a method',
      'useFactory() { return { config: { client: "pg", connection: url() } }; }',
      'useFactory() {return {...optionsFromEnv(process.env), master: {connection: url()}};}',
    ],
    [
      'a constant that is returned',
      'useFactory: () => { const all = { config }; return all; }',
      'useFactory: () => {const {connection, ...shared} = config; return',
    ],
    [
      'a function of another file',
      'inject: [Config], useFactory: optionsFor',
      'inject: [Config], useFactory: async (...given: Parameters<typeof optionsFor>) => {const {connection, ...shared} = (await optionsFor(...given)).config; return {...optionsFromEnv(process.env), ...shared, master: {connection}};}',
    ],
    [
      'a class',
      'imports: [Config], useClass: KnexConfig',
      'imports: [Config], provideInjectionTokensFrom: [KnexConfig], inject: [KnexConfig], useFactory: async (options: KnexConfig) => {const {connection, ...shared} = (await options.createKnexOptions()).config;',
    ],
    [
      'a class that is there',
      'useExisting: KnexConfig',
      'forRootAsync({inject: [KnexConfig], useFactory: async (options: KnexConfig) => {',
    ],
    [
      'what the configuration says',
      "useFactory: (c) => c.get('knex')",
      "{const {connection, ...shared} = c.get('knex').config;",
    ],
  ])('of a factory may be %s', (_what, factory, after) => {
    // prettier-ignore
    const { text, left } = moduleOf(`[KnexModule.forRootAsync({ ${factory} })]`);
    expect(left).toEqual([]);
    expect(text).toContain(after);
  });

  it.each([
    ['KnexModule.forRootAsync({ useClass: configs.Knex })', 'its factory is not written here'],
    ['KnexModule.forRootAsync({ useFactory: factories.knex })', 'its factory is not written here'],
    ['KnexModule.forRootAsync(options)', 'its options are not written here'],
    [
      'KnexModule.forRootAsync({ useFactory: () => createOptions() })',
      'what its factory returns is made elsewhere',
    ],
    [
      'KnexModule.forRootAsync({ useFactory: (a) => { if (a) return one; return two; } })',
      'its factory does not end with its one return',
    ],
    [
      'KnexModule.forRoot({ config: { client: "mysql2", connection: "x" } })',
      'it is a Knex on mysql2; only those on PostgreSQL are moved',
    ],
    [
      'KnexModule.forRoot({ config: knexfile(connection) })',
      "it uses a variable 'connection', a name that is needed here",
    ],
    ['KnexModule.forRoot({ config: one, plugins: [] })', "what 'plugins: []' means here is not known"],
    ['KnexModule.forRoot()', 'it has no options'],
  ])('are left in %s', (registration, why) => {
    // prettier-ignore
    const injected = "import { InjectModel } from 'nest-knexjs';\nclass A { constructor(@InjectModel() readonly knex) {} }\n";
    const { text, left, unneeded } = moduleOf(`[${registration}]`, { 'src/a.ts': injected });
    expect(left).toEqual([`src/app.module.ts:6 ${why}`]);
    expect(text).toContain(plain(registration));
    expect(text).toContain(
      'DatabaseRoutingModule.forRootAsync({useFactory: () => optionsFromEnv(process.env)})',
    );
    expect(unneeded).toEqual([]);
    expect(addTo(appOf(`[${registration}]`, { head, 'src/a.ts': injected })).files['src/a.ts']).toBe(
      injected,
    );
  });
});

describe('an app with several Knexes', () => {
  const two =
    "[\n    KnexModule.forRoot({ config: one }),\n    KnexModule.forRoot({ config: two }, 'reports'),\n  ]";

  it('has the one without a name moved', () => {
    const { text, left, unneeded } = moduleOf(two);
    expect(text).toContain("KnexModule.forRoot({config: two}, 'reports')");
    expect(text).toContain("import {KnexModule} from 'nest-knexjs';");
    expect(left).toEqual([
      'src/app.module.ts:11 KnexModule stays: it is of another connection, or has no counterpart here',
    ]);
    expect(unneeded).toEqual([]);
  });

  it('has none moved where two have no name', () => {
    const { left } = moduleOf(two.replace(", 'reports'", ''));
    expect(left).toEqual([7, 8].map((line) => `src/app.module.ts:${line} the app has 2 Knexes, and which of them is to be routed can't be told`)); // prettier-ignore
  });
});

describe('what runs twice', () => {
  it.each([
    ['an app without Knex', appOf('[]')],
    [
      'one that read its address from elsewhere',
      appOf("[KnexModule.forRoot({ config: { client: 'pg', connection: process.env.PG } })]", { head }),
    ],
    [
      'one with a second Knex',
      appOf("[KnexModule.forRoot({ config }), KnexModule.forRoot({ config }, 'b')]", { head }),
    ],
    ['one that is not understood', appOf('[KnexModule.forRootAsync({ useClass: options.Knex })]', { head })],
    [
      'one whose provider is replaced',
      appOf('[]', {
        'src/knex.ts':
          "import knex from 'knex';\nexport const p = { provide: 'KNEX', useFactory: () => knex({ client: 'pg', connection: url }) };\n",
      }),
    ],
  ])('changes nothing of %s', (_what, files) => {
    // prettier-ignore
    const first = addTo(files);
    expect(first.changed).toContain('src/app.module.ts');
    expect(addTo(first.files).changed).toEqual([]);
  });

  it('leaves a module that was put in by hand, and moves the names that are left', () => {
    const byHand = "import { DatabaseRoutingModule } from 'nestjs-database-routing';\n";
    const service =
      "import { InjectModel } from 'nest-knexjs';\nclass A { constructor(@InjectModel() readonly knex) {} }\n";
    const { changed, files } = addTo(
      appOf('[DatabaseRoutingModule.forRoot({})]', { head: byHand, 'src/a.ts': service }),
    );
    expect(changed).toEqual(['src/a.ts']);
    expect(files['src/a.ts']).toBe("import { InjectKnex } from 'nestjs-database-routing';\nclass A { constructor(@InjectKnex() readonly knex) {} }\n"); // prettier-ignore
  });
});
