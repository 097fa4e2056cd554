import { describe, expect, it } from '@jest/globals';
import { addTo, appOf, plain } from './folder-tree.js';

const PROVIDER = 'src/database/knex.provider.ts';
const IMPORT = "import knex from 'knex';\n";

const move = (provider: string, before = IMPORT) => {
  const outcome = addTo(appOf('[]', { [PROVIDER]: `${before}export const provider = ${provider};\n` }));
  return { ...outcome, text: plain(outcome.files[PROVIDER]), root: outcome.files['src/app.module.ts'] };
};

describe('a provider that makes a Knex', () => {
  it("hands its factory to the module, and its token stays as another name of the module's Knex", () => {
    const { files, left } = addTo(
      appOf('[]', {
        [PROVIDER]: `import knex, { type Knex } from 'knex';
import { KNEX } from './tokens';

const pool = { max: 3 };

/** The database. */
export const providers = [
  {
    provide: KNEX,
    useFactory: async (): Promise<Knex> =>
      knex({
        client: 'pg',
        connection: process.env.PG,
        pool,
      }),
  },
];
`,
      }),
    );
    expect(left).toEqual([]);
    expect(plain(files[PROVIDER])).toBe(
      plain(`import { DatabaseRoutingModule, getKnexToken, optionsFromEnv } from 'nestjs-database-routing';
import { KNEX } from './tokens';

const pool = { max: 3 };

export const databaseRouting = DatabaseRoutingModule.forRootAsync({
  useFactory: async () => ({
    ...optionsFromEnv(process.env),
    master: { connection: process.env.PG },
    pool,
  }),
});

/** The database. */
export const providers = [
  {
    provide: KNEX,
    useExisting: getKnexToken(),
  },
];
`),
    );
    expect(files['src/app.module.ts']).toContain(
      "import { databaseRouting } from './database/knex.provider';",
    );
    expect(files['src/app.module.ts']).toContain('imports: [databaseRouting]');
  });

  it('hands it to the module of its own file, where that is one', () => {
    const inModule = `${IMPORT}
@Module({
  providers: [{ provide: 'KNEX', useFactory: () => knex({ client: 'pg', connection: process.env.DATABASE_URL }) }],
  exports: ['KNEX'],
})
export class DatabaseModule {}
`;
    const { files, changed } = addTo(appOf('[DatabaseModule]', { 'src/database.module.ts': inModule }));
    expect(changed).toEqual(['src/database.module.ts', '.env.example']);
    expect(files['src/database.module.ts']).toContain(`@Module({
  imports: [
    DatabaseRoutingModule.forRootAsync({
      useFactory: () => optionsFromEnv(process.env),
    }),
  ],
  providers: [{ provide: 'KNEX', useExisting: getKnexToken() }],
  exports: ['KNEX'],
})`);
  });

  it('is imported with .js in an app of ES modules', () => {
    const provider = `${IMPORT}export const p = { provide: 'K', useFactory: () => knex({ client: 'pg', connection: url }) };\n`;
    const byPackage = addTo({
      ...appOf('[]', { [PROVIDER]: provider }),
      'package.json': '{ "type": "module" }',
    });
    expect(byPackage.files['src/app.module.ts']).toContain("'./database/knex.provider.js'");
    const head = "import { A } from './a.js';\n";
    const byOthers = addTo(appOf('[]', { head, [PROVIDER]: provider }));
    expect(byOthers.files['src/app.module.ts']).toContain("'./database/knex.provider.js'");
  });

  const MADE = "knex({ client: 'pg', connection: url })";
  const OURS = 'DatabaseRoutingModule.forRootAsync({useFactory: () =>';

  it.each([
    [
      'a string',
      `{ provide: 'KNEX', useFactory: () => ${MADE} }`,
      "{provide: 'KNEX', useExisting: getKnexToken()}",
    ],
    [
      'a symbol',
      `{ provide: Symbol.for('knex'), useFactory: () => ${MADE} }`,
      "{provide: Symbol.for('knex'), useExisting: getKnexToken()}",
    ],
    [
      'a constant of a class',
      `{ provide: Tokens.Knex, useFactory: () => ${MADE} }`,
      '{provide: Tokens.Knex, useExisting: getKnexToken()}',
    ],
    ['a value', `{ provide: 'KNEX', useValue: ${MADE} }`, "{provide: 'KNEX', useExisting: getKnexToken()}"],
    [
      'a type that fits',
      `{ provide: 'KNEX', useFactory: () => ${MADE} } satisfies Provider`,
      'useExisting: getKnexToken()} satisfies Provider',
    ],
    [
      'nothing to inject',
      `{ provide: 'KNEX', inject: [], useFactory: () => ${MADE} }`,
      "{provide: 'KNEX', useExisting: getKnexToken()}",
    ],
  ])('may have %s', (_what, provider, after) => {
    // prettier-ignore
    const { text, left } = move(provider);
    expect(left).toEqual([]);
    expect(text).toContain(OURS);
    expect(text).toContain(after);
  });

  it.each([
    ["import { knex } from 'knex';\n", MADE],
    ["import Knex from 'knex';\n", MADE.replace('knex', 'Knex')],
    ["import * as knex from 'knex';\n", MADE.replace('knex', 'knex.knex')],
    ["import knex = require('knex');\n", MADE],
    ["const knex = require('knex');\n", MADE],
  ])('may have its function by %s', (before, made) => {
    const { text, left } = move(`{ provide: 'KNEX', useFactory: () => ${made} }`, before);
    expect(left).toEqual([]);
    expect(text).toContain(OURS);
  });

  it('may keep it in a constant before it returns it, and do other things first', () => {
    const { text, left } = move(`{
  provide: 'KNEX',
  useFactory: async () => {
    types.setTypeParser(20, Number);
    const db = ${MADE};
    return db;
  },
}`);
    expect(left).toEqual([]);
    expect(text).toContain('useFactory: async () => {types.setTypeParser(20, Number); return {...optionsFromEnv(process.env), master: {connection: url}};}'); // prettier-ignore
  });

  it("may inject Nest's configuration, whose module ours then imports", () => {
    const { text, left } = move(
      `{ provide: 'K', inject: [ConfigService], useFactory: (config: ConfigService) => knex({ client: 'pg', connection: config.get('PG') }) }`,
      `import { ConfigService } from '@nestjs/config';\n${IMPORT}`,
    );
    expect(left).toEqual([]);
    expect(text).toContain('forRootAsync({imports: [ConfigModule], inject: [ConfigService], useFactory: (config: ConfigService) => ({'); // prettier-ignore
    expect(text).toContain("import {ConfigService, ConfigModule} from '@nestjs/config';");
    expect(text).toContain("{provide: 'K', useExisting: getKnexToken()}");
  });

  it('keeps the import of what else uses it', () => {
    const { text } = move(`{ provide: 'K', useFactory: () => ${MADE} };\nexport const raw = knex.raw`);
    expect(text).toContain("import knex from 'knex';");
  });

  it.each([
    [
      'it asks the Knex something',
      `{ provide: 'K', useFactory: async () => { const db = ${MADE}; await db.raw('select 1'); return db; } }`,
      'its provider does something with the Knex',
    ],
    [
      'it injects what only it can have',
      `{ provide: 'K', inject: ['URL'], useFactory: (u) => ${MADE} }`,
      'whether the module finds what its factory injects is not known',
    ],
    [
      'it has a scope',
      `{ provide: 'K', scope: Scope.REQUEST, useFactory: () => ${MADE} }`,
      "what 'scope: Scope.REQUEST' means for the Knex is not known",
    ],
    [
      'it is on another database',
      "{ provide: 'K', useFactory: () => knex({ client: 'sqlite3' }) }",
      'it is a Knex on sqlite3; only those on PostgreSQL are moved',
    ],
    ['it is no provider', MADE, 'a Knex is made here, and not in a provider'],
    [
      'it is made in a function',
      `() => ({ provide: 'K', useFactory: () => ${MADE} })`,
      'it may be made more than once',
    ],
  ])('is left where %s', (_what, provider, why) => {
    // prettier-ignore
    const { left, files, root } = move(provider);
    expect(left).toEqual([`${PROVIDER}:2 ${why}`]);
    expect(files[PROVIDER]).toBe(`${IMPORT}export const provider = ${provider};\n`);
    expect(root).toContain('optionsFromEnv(process.env)');
  });

  it('is left where its type says how it provides', () => {
    const provider = `${IMPORT}const p: FactoryProvider<Knex> = { provide: 'K', useFactory: () => ${MADE} };\n`;
    const { left } = addTo(appOf('[]', { [PROVIDER]: provider }));
    expect(left).toEqual([`${PROVIDER}:2 its type FactoryProvider<Knex> says how it provides`]);
  });

  it('is left where there are two', () => {
    const two = `${IMPORT}export const a = { provide: 'A', useFactory: () => ${MADE} };\nexport const b = { provide: 'B', useFactory: () => ${MADE} };\n`;
    const { left } = addTo(appOf('[]', { [PROVIDER]: two }));
    expect(left).toEqual([2, 3].map((line) => `${PROVIDER}:${line} the app has 2 Knexes, and which of them is to be routed can't be told`)); // prettier-ignore
  });

  it('is not one that only bears its name', () => {
    const text = `${IMPORT}export const list = (knex) => knex('posts').select();\nexport const none = knex();\n`;
    expect(addTo(appOf('[]', { 'src/list.ts': text })).left).toEqual([]);
  });

  it('of a test is none of ours', () => {
    const spec = `${IMPORT}const p = { provide: 'K', useFactory: () => ${MADE} };\n`;
    const { changed, left } = addTo(appOf('[]', { 'src/a.spec.ts': spec }));
    expect(left).toEqual([]);
    expect(changed).not.toContain('src/a.spec.ts');
  });
});
