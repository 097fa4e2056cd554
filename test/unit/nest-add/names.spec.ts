import { describe, expect, it } from '@jest/globals';
import { addTo, appOf } from './folder-tree.js';

const CASES = [
  {
    from: 'nest-knexjs',
    root: 'KnexModule.forRoot({ config })',
    before: `import { Injectable } from '@nestjs/common';
import { InjectConnection, InjectModel, getConnectionToken } from 'nest-knexjs';

class A {
  constructor(@InjectModel() a: Knex, @InjectConnection('default') b: Knex) {}
}
const token = getConnectionToken();
`,
    after: `import { Injectable } from '@nestjs/common';
import { getKnexToken, InjectKnex } from 'nestjs-database-routing';

class A {
  constructor(@InjectKnex() a: Knex, @InjectKnex() b: Knex) {}
}
const token = getKnexToken();
`,
  },
  {
    from: 'nestjs-knex',
    root: 'KnexModule.forRoot({ config })',
    before: `import { Connection, InjectConnection, InjectKnex, getKnexConnectionToken, type Knex } from 'nestjs-knex';

class A {
  constructor(@InjectKnex() a: Knex, @InjectConnection() b: Connection) {}
}
const token = getKnexConnectionToken(undefined);
`,
    after: `import { getKnexToken, InjectKnex } from 'nestjs-database-routing';
import type { Knex as Connection, Knex } from 'knex';

class A {
  constructor(@InjectKnex() a: Knex, @InjectKnex() b: Connection) {}
}
const token = getKnexToken();
`,
  },
  {
    from: '@mithleshjs/knex-nest',
    root: 'KnexModule.register({ config, configTag: "default" })',
    before: `import { InjectKnex as Db } from '@mithleshjs/knex-nest';

class A {
  constructor(@Db('default') a: Knex) {}
}
`,
    after: `import { InjectKnex } from 'nestjs-database-routing';

class A {
  constructor(@InjectKnex() a: Knex) {}
}
`,
  },
] as const;

describe.each(CASES)('names of $from', ({ from, root, before, after }) => {
  const head = `import { KnexModule } from '${from}';\n`;
  const service = 'src/a.service.ts';

  it('become ours', () => {
    const { files, left, unneeded } = addTo(appOf(`[${root}]`, { head, [service]: before }));
    expect(files[service]).toBe(after);
    expect(files['src/app.module.ts']).not.toContain(from);
    expect(left).toEqual([]);
    expect(unneeded).toEqual([from]);
  });

  it('become ours in tests, with the Knex that these register', () => {
    const spec = `import { KnexModule } from '${from}';\nconst imports = [${root}];\n`;
    const { files, unneeded } = addTo(appOf(`[${root}]`, { head, 'test/a.e2e-spec.ts': spec }));
    expect(files['test/a.e2e-spec.ts']).toContain('DatabaseRoutingModule.forRootAsync({');
    expect(unneeded).toEqual([from]);
  });

  it('stay where the Knex is registered out of sight, and that is told', () => {
    const { files, left } = addTo(appOf('[]', { [service]: before }));
    expect(files[service]).toBe(before);
    expect(left).toEqual([expect.stringMatching(/^src\/a.service.ts:\d .* stays: where its Knex is registered was not found$/)]); // prettier-ignore
  });
});

describe('names that others have too', () => {
  const head = "import { KnexModule } from 'nestjs-knex';\n";

  it('of another connection stay, and ours is imported beside them', () => {
    const before =
      "import { InjectKnex } from 'nestjs-knex';\nclass A { constructor(@InjectKnex() a, @InjectKnex('b') b) {} }\n";
    const { files, left } = addTo(appOf('[KnexModule.forRoot({ config })]', { head, 'src/a.ts': before }));
    expect(files['src/a.ts']).toBe(`import { InjectKnex } from 'nestjs-knex';
import { InjectKnex as RoutedInjectKnex } from 'nestjs-database-routing';
class A { constructor(@RoutedInjectKnex() a, @InjectKnex('b') b) {} }
`);
    expect(left).toEqual([
      "src/a.ts:3 InjectKnex('b') stays: it is of another connection, or has no counterpart here",
    ]);
  });

  it('of the module are ours where it is exported, and stay where it is imported bare', () => {
    const root = addTo(appOf('[KnexModule.forRoot({ config })],\n  exports: [KnexModule]', { head }));
    expect(root.files['src/app.module.ts']).toContain('exports: [DatabaseRoutingModule]');
    const bare =
      "import { KnexModule } from 'nestjs-knex';\n@Module({ imports: [KnexModule] })\nexport class B {}\n";
    const { files, left } = addTo(appOf('[KnexModule.forRoot({ config })]', { head, 'src/b.ts': bare }));
    expect(files['src/b.ts']).toBe(bare);
    expect(left).toEqual([
      'src/b.ts:2 KnexModule stays: it is of another connection, or has no counterpart here',
    ]);
  });

  it('of other packages are left alone', () => {
    const mongoose =
      "import { InjectModel } from '@nestjs/mongoose';\n// no knex\nclass A { constructor(@InjectModel('x') a) {} }\n";
    const { changed } = addTo(appOf('[KnexModule.forRoot({ config })]', { head, 'src/a.ts': mongoose }));
    expect(changed).not.toContain('src/a.ts');
  });

  it('are in libraries of a monorepo too, whose other apps must follow', () => {
    const files = appOf('[KnexModule.forRoot({ config })]', { head });
    const lib = "import { InjectKnex } from 'nestjs-knex';\nclass A { constructor(@InjectKnex() a) {} }\n";
    const inApps = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [`apps/shop/${path}`, text]),
    );
    const { changed, steps } = addTo({ ...inApps, 'libs/data/src/a.ts': lib }, 'apps/shop/src');
    expect(changed).toContain('libs/data/src/a.ts');
    expect(steps.join('\n')).toContain('--project');
  });

  it.each([
    ["export { InjectKnex } from 'nestjs-knex';", "'nestjs-knex'"],
    ["const { InjectKnex } = require('nestjs-knex');", "require('nestjs-knex')"],
    ["jest.mock('nestjs-knex');", "jest.mock('nestjs-knex')"],
  ])('that come by another way are told, and the package stays: %s', (text, shown) => {
    const { left, unneeded } = addTo(
      appOf('[KnexModule.forRoot({ config })]', { head, 'src/a.ts': `${text}\n` }),
    );
    expect(left).toEqual([`src/a.ts:1 ${shown} stays: only what is imported by name is moved`]);
    expect(unneeded).toEqual([]);
  });
});
