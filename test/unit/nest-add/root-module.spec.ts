import { describe, expect, it } from '@jest/globals';
import { MAIN, addTo, appOf, plain } from './folder-tree.js';

const OURS = `DatabaseRoutingModule.forRootAsync({
      useFactory: () => optionsFromEnv(process.env),
    }),`;

const rootOf = (decorator: string, name = 'AppModule') =>
  `import { Module } from '@nestjs/common';\n\n${decorator}\nexport class ${name} {}\n`;

describe('an app without Knex', () => {
  it('gets the module from the environment, and no other line changes', () => {
    const { files, changed, left } = addTo(appOf('[]'));
    expect(changed).toEqual(['src/app.module.ts', '.env.example']);
    expect(left).toEqual([]);
    expect(files['src/app.module.ts']).toBe(`import { Module } from '@nestjs/common';
import { DatabaseRoutingModule, optionsFromEnv } from 'nestjs-database-routing';

@Module({
  imports: [
    ${OURS}
  ],
})
export class AppModule {}
`);
  });

  it.each([
    [
      'after others, on lines of their own',
      '@Module({\n  imports: [\n    A, // first\n    B,\n  ],\n})',
      `@Module({\n  imports: [\n    A, // first\n    B,\n    ${OURS}\n  ],\n})`,
    ],
    [
      'after others, on one line',
      '@Module({\n  imports: [A, B],\n})',
      `@Module({\n  imports: [\n    A,\n    B,\n    ${OURS}\n  ],\n})`,
    ],
    [
      'where nothing is imported',
      '@Module({\n  providers: [A],\n})',
      `@Module({\n  imports: [\n    ${OURS}\n  ],\n  providers: [A],\n})`,
    ],
    ['where nothing is said', '@Module({})', `@Module({\n  imports: [\n    ${OURS}\n  ],\n})`],
    ['where nothing is given', '@Module()', `@Module({\n  imports: [\n    ${OURS}\n  ],\n})`],
  ])('has it %s', (_where, before, after) => {
    // prettier-ignore
    const { files } = addTo({ 'src/main.ts': MAIN, 'src/app.module.ts': rootOf(before) });
    expect(files['src/app.module.ts']).toContain(`\n${after}\nexport class AppModule {}\n`);
  });

  it('keeps its quotes, its lines without semicolons and its line ends', () => {
    const text =
      'import { Module } from "@nestjs/common"\r\n\r\n@Module({\r\n  imports: [],\r\n})\r\nexport class AppModule {}\r\n';
    const { files } = addTo({ 'src/main.ts': MAIN, 'src/app.module.ts': text });
    expect(files['src/app.module.ts']).toContain(
      '"@nestjs/common"\r\nimport { DatabaseRoutingModule, optionsFromEnv } from "nestjs-database-routing"\r\n\r\n',
    );
    expect(files['src/app.module.ts']!.replaceAll('\r\n', '')).not.toContain('\n');
  });
});

describe('the root module', () => {
  const shop = rootOf('@Module({ imports: [] })', 'ShopModule');
  const other = rootOf('@Module({ imports: [] })', 'OtherModule');

  it.each([
    ['NestFactory.create(ShopModule)', {}],
    ['NestFactory.create<NestExpressApplication>(ShopModule, { cors: true })', {}],
    ['NestFactory.createMicroservice(ShopModule.register(process.env), {})', {}],
    ['start(OtherModule)', { 'src/start.ts': 'const app = await NestFactory.create(ShopModule);' }],
  ])('is what the app is created of: %s', (main, more) => {
    const { changed } = addTo({
      'src/main.ts': main,
      'src/other.ts': other,
      'src/shop/shop.module.ts': shop,
      ...more,
    });
    expect(changed).toEqual(['src/shop/shop.module.ts', '.env.example']);
  });

  it('is found by the entry file that nest-cli.json names', () => {
    const cli = '{ "sourceRoot": "source", "entryFile": "server" } // as it says';
    const { changed } = addTo({ 'nest-cli.json': cli, 'source/server.ts': 'NestFactory.create(ShopModule)', 'source/shop.ts': shop, 'source/main.ts': 'NestFactory.create(OtherModule)', 'source/other.ts': other }); // prettier-ignore
    expect(changed).toContain('source/shop.ts');
  });

  it("is the project's own in a monorepo", () => {
    const app = rootOf('@Module({ imports: [] })');
    const files = { 'apps/shop/src/main.ts': MAIN, 'apps/shop/src/app.module.ts': app, 'apps/jobs/src/main.ts': MAIN, 'apps/jobs/src/app.module.ts': app }; // prettier-ignore
    expect(addTo(files, 'apps/jobs/src').changed).toEqual(['apps/jobs/src/app.module.ts', '.env.example']);
  });

  it.each([
    [
      'its imports are no list',
      '@Module({ imports: all })',
      "src/app.module.ts:3 the module's imports are no list",
    ],
    [
      'its metadata is elsewhere',
      '@Module(metadata)',
      'src/app.module.ts:3 what @Module is given is not written here',
    ],
  ])('is left where %s', (_why, decorator, left) => {
    // prettier-ignore
    const outcome = addTo({ 'src/main.ts': MAIN, 'src/app.module.ts': rootOf(decorator) });
    expect(outcome.left).toEqual([left]);
    expect(outcome.changed).toEqual(['.env.example']);
  });

  it('that is not found is told, with the file that was to name it', () => {
    const { left, changed } = addTo({ 'src/main.js': MAIN });
    expect(left).toEqual(['src/main.ts no root module was found to import DatabaseRoutingModule']);
    expect(changed).toEqual(['.env.example']);
  });
});

describe('what is printed', () => {
  const shownBy = (files: Record<string, string>) =>
    plain(addTo({ ...appOf('[]'), ...files }).steps.join(' '));

  it('tells what the app must install, by its own package manager', () => {
    expect(shownBy({ 'package.json': '{ "dependencies": { "pg": "8" } }' })).toContain('npm install knex ');
    expect(shownBy({ 'package.json': '{}', 'pnpm-lock.yaml': '' })).toContain('pnpm add knex pg ');
    expect(shownBy({ 'package.json': '{ "dependencies": { "pg": "8", "knex": "3" } }' })).not.toContain(
      'npm install',
    );
  });

  it('tells of the variables, and that the app begins in shadow mode', () => {
    expect(shownBy({})).toContain(
      'Set DATABASE_MASTER_URL, or DATABASE_URL, and DATABASE_MODE, as in .env.example.',
    );
  });
});
