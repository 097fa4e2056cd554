import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

export interface Example {
  /** The page and the line that it starts at, as in `routing.md:27`. */
  readonly title: string;
  readonly code: string;
  readonly isRun: boolean;
  /** What the `text` block after it says, where there is one. */
  readonly prints: string | undefined;
}

/** The blocks marked `ts` of the README and of all pages in docs. */
export function findExamples(): Example[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return [join(ROOT, 'README.md'), ...docs.map((name) => join(ROOT, 'docs', name))].flatMap((path) =>
    examplesIn(basename(path), readFileSync(path, 'utf8')),
  );
}

export function pageText(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** The members of the type `Reason`, which is gone at run time. */
export function reasonsInSource(): string[] {
  const source = readFileSync(join(ROOT, 'src/routing/decision.ts'), 'utf8');
  return [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, reason]) => reason!);
}

const BLOCK = /^```([^\n]*)\n(.*?)^```$/gms;

export function examplesIn(page: string, text: string): Example[] {
  const blocks = [...text.matchAll(BLOCK)];
  return blocks.flatMap(([, language, code = ''], index) => {
    if (language !== 'ts' && language !== 'ts run') return [];
    const [, next, printed] = blocks[index + 1] ?? [];
    const line = text.slice(0, blocks[index]!.index).split('\n').length;
    const prints = next === 'text' ? printed : undefined;
    return [{ title: `${page}:${line}`, code, isRun: language === 'ts run', prints }];
  });
}

/** A project that has each example as a file, and the built package as a dependency. */
export class ExampleProject {
  private readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'docs-examples-'));

  constructor(examples: readonly Example[]) {
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'dir');
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: OPTIONS, include: ['*.ts'] }),
    );
    for (const example of examples) writeFileSync(join(this.folder, `${fileOf(example)}.ts`), example.code);
  }

  /** What the compiler has to say. */
  compile(): string {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    try {
      return execFileSync(process.execPath, [tsc, '--pretty', 'false'], {
        cwd: this.folder,
        encoding: 'utf8',
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  /** What a compiled example prints. */
  run(example: Example, env: NodeJS.ProcessEnv): string {
    const { PATH } = process.env;
    return execFileSync(process.execPath, [`${fileOf(example)}.js`], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH, NO_COLOR: '1', ...env },
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const OPTIONS = {
  target: 'ES2023',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
};

function fileOf({ title }: Example): string {
  return title.replaceAll(/\W/g, '-');
}
