import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const COMPILE = join(import.meta.dirname, 'compile-app.js');
const NAME = 'nestjs-database-routing';

export interface AppOptions {
  readonly type: 'module' | 'commonjs';
  /** The packages that the app has besides the tarball and what that depends on. */
  readonly packages: readonly string[];
  /** TypeScript by name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** The tarball that would be published. */
export class PackedPackage {
  static create(): PackedPackage {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'packed-package-'));
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const packed = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: QUIET }));
    return new PackedPackage(folder, join(folder, packed[0].filename));
  }

  readonly files: readonly string[];
  private readonly unpacked: string;

  private constructor(
    private readonly folder: string,
    private readonly tarball: string,
  ) {
    this.unpacked = join(folder, 'unpacked');
    this.unpackTo(this.unpacked);
    this.files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((path) => path.slice('package/'.length));
  }

  get manifest(): { dependencies: Record<string, string>; peerDependencies: Record<string, string> } {
    return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  }

  read(file: string): string {
    return readFileSync(join(this.unpacked, file), 'utf8');
  }

  /** An empty app with the tarball unpacked into its node_modules; what else it has is linked, which saves a download. */
  createApp(name: string, { type, packages, scripts }: AppOptions): PackedApp {
    const app = join(this.folder, name);
    this.unpackTo(join(app, 'node_modules', NAME));
    for (const one of [...packages, ...Object.keys(this.manifest.dependencies)]) link(one, app);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name, private: true, type }));
    for (const [script, code] of Object.entries(scripts)) writeFileSync(join(app, `${script}.ts`), code);
    return new PackedApp(app);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private unpackTo(folder: string): void {
    mkdirSync(folder, { recursive: true });
    execFileSync('tar', ['-xzf', this.tarball, '-C', folder, '--strip-components=1']);
  }
}

/** An app that depends on the packed package. */
export class PackedApp {
  constructor(readonly folder: string) {}

  /** What the TypeScript compiler says of the app's scripts and of the package's declarations; '' where it is content. */
  compile(): string {
    const options = {
      target: 'ES2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: false,
    };
    writeFileSync(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
    );
    return execFileSync(process.execPath, [COMPILE, this.folder], { encoding: 'utf8' });
  }

  /** What Jest says of the app's compiled specs in its ESM mode, without any configuration. */
  jest(): string {
    const options = ['--rootDir', this.folder, '--config', '{}', '--testRegex', String.raw`\.spec\.js$`];
    const args = ['--experimental-vm-modules', JEST, ...options];
    const { PATH } = process.env;
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH, NO_COLOR: '1' },
    });
    return stdout + stderr;
  }

  /** The first line that a compiled script prints; Knex may warn of a connection that was given up at the end. */
  run(script: string): string | undefined {
    const { PATH } = process.env;
    const options = { cwd: this.folder, encoding: 'utf8', env: { PATH, NO_COLOR: '1' } } as const;
    return execFileSync(process.execPath, [`${script}.js`], options).split('\n')[0];
  }
}

const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');
const QUIET: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];

function link(name: string, app: string): void {
  const path = join(app, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), path, 'dir');
}
