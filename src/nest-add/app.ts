import { AppFile } from './app-file.js';
import type { TypeScript } from './source.js';
import type { Folder, Tree } from './tree.js';

/** Files that say none of this need not be parsed. */
const OF_INTEREST = /@Module\(|NestFactory|knex|database-routing/i;

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'build']);

interface CliProject {
  readonly sourceRoot?: string;
  readonly entryFile?: string;
}

/** The app, as its files say what it is. */
export class App {
  readonly sourceRoot: string;
  readonly entryFile: string;
  /** Its TypeScript, tests too, as far as it may be of interest. */
  readonly sources: readonly AppFile[];

  constructor(
    readonly tree: Tree,
    private readonly ts: TypeScript,
    sourceRoot?: string,
  ) {
    const cli = this.json('nest-cli.json') as CliProject & { projects?: Record<string, CliProject> };
    this.sourceRoot = (sourceRoot ?? cli.sourceRoot ?? 'src').replaceAll(/^\.?\/|\/$/g, '');
    const project = Object.values(cli.projects ?? {}).find((one) => one.sourceRoot === this.sourceRoot);
    this.entryFile = `${this.sourceRoot}/${project?.entryFile ?? cli.entryFile ?? 'main'}.ts`;
    this.sources = this.folders().flatMap((path) => this.sourcesIn(path, folderAt(tree, path)));
  }

  source(path: string): AppFile | undefined {
    return this.sources.find((one) => one.path === path);
  }

  /** What a JSON file says, with comments or without; nothing where there is none. */
  json(path: string): Record<string, unknown> {
    if (!this.tree.exists(path)) return {};
    const { config } = this.ts.parseConfigFileTextToJson(path, this.tree.readText(path)) as {
      config?: Record<string, unknown>;
    };
    return config ?? {};
  }

  /** In a monorepo the project and the libraries, else all that is there. */
  private folders(): string[] {
    const outer = this.sourceRoot.includes('/')
      ? this.sourceRoot.slice(0, this.sourceRoot.lastIndexOf('/'))
      : '';
    return outer === '' ? [''] : [outer, 'libs'];
  }

  private sourcesIn(path: string, folder: Folder): AppFile[] {
    const own = folder.subfiles
      .filter((name) => /\.[cm]?ts$/.test(name) && !/\.d\.[cm]?ts$/.test(name))
      .map((name) => (path === '' ? name : `${path}/${name}`))
      .map((file) => [file, this.tree.readText(file)] as const)
      .filter(([, text]) => OF_INTEREST.test(text))
      .map(([file, text]) => new AppFile(this.ts, file, text));
    const inner = folder.subdirs
      .filter((name) => !SKIPPED.has(name) && !name.startsWith('.'))
      .flatMap((name) => this.sourcesIn(path === '' ? name : `${path}/${name}`, folder.dir(name)));
    return [...own, ...inner];
  }
}

function folderAt(tree: Tree, path: string): Folder {
  return tree.getDir(`/${path}`);
}
