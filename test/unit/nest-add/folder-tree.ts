import ts from 'typescript';
import { AddRouting } from '../../../src/nest-add/add-routing.js';
import { App } from '../../../src/nest-add/app.js';
import { nextSteps } from '../../../src/nest-add/next-steps.js';
import type { Folder, Tree } from '../../../src/nest-add/tree.js';

export type Files = Readonly<Record<string, string>>;

/** A tree as the DevKit gives one, of files by their paths. */
export function treeOf(files: Files): Tree {
  const all = new Map(Object.entries(files));
  const inTree = (path: string) => path.replace(/^\//, '');
  const folder = (path: string): Folder => {
    const inside = [...all.keys()]
      .filter((one) => one.startsWith(path))
      .map((one) => one.slice(path.length).split('/'));
    return {
      subfiles: inside.filter(({ length }) => length === 1).map(([name]) => name!),
      subdirs: [...new Set(inside.filter(({ length }) => length > 1).map(([name]) => name!))],
      dir: (name) => folder(`${path}${name}/`),
    };
  };
  return {
    exists: (path) => all.has(inTree(path)),
    readText: (path) => all.get(inTree(path))!,
    create: (path, text) => void all.set(inTree(path), text),
    overwrite: (path, text) => void all.set(inTree(path), text),
    getDir: (path) => folder(inTree(path) === '' ? '' : `${inTree(path)}/`),
  };
}

export interface Outcome {
  readonly files: Files;
  readonly changed: readonly string[];
  /** `file:line why` */
  readonly left: readonly string[];
  readonly unneeded: readonly string[];
  /** What is printed. */
  readonly steps: readonly string[];
}

/** What `nest add` makes of an app. Throws where that is no TypeScript. */
export function addTo(files: Files, sourceRoot?: string): Outcome {
  const app = new App(treeOf(files), ts, sourceRoot);
  const added = new AddRouting(app);
  for (const [path, text] of added.changed) if (path.endsWith('.ts')) assertSyntax(path, text);
  return {
    files: { ...files, ...Object.fromEntries(added.changed) },
    changed: [...added.changed.keys()],
    left: added.left.map(({ path, line, why }) => `${path}${line === undefined ? '' : `:${line}`} ${why}`),
    unneeded: added.unneeded,
    steps: nextSteps(app, added),
  };
}

function assertSyntax(path: string, text: string): void {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, experimentalDecorators: true },
  });
  const [first] = diagnostics;
  if (first) throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(first.messageText, '\n')}\n${text}`);
}

export const MAIN = `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(3000);
}
bootstrap();
`;

/** An app of a root module with these `imports`, and other files. */
export function appOf(imports: string, { head = '', ...files }: Files & { head?: string } = {}): Files {
  const root = `import { Module } from '@nestjs/common';
${head}
@Module({
  imports: ${imports},
})
export class AppModule {}
`;
  return { 'src/main.ts': MAIN, 'src/app.module.ts': root, ...files };
}

/** The text without what a formatter may change. */
export function plain(text: string | undefined): string {
  return (text ?? '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/,(?= ?[}\])])/g, '')
    .replaceAll(/([[({]) | (?=[\])}])/g, '$1');
}
