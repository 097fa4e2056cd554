// Builds the package twice: `dist/esm`, and `dist/cjs` for what can't load ES modules, such as Jest's CommonJS runtime.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const CJS = join(ROOT, 'dist/cjs');

/** In place of `src/here.ts`, whose `import.meta` is no CommonJS. */
const HERE = `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.here = require("node:url").pathToFileURL(__filename).href;
`;

async function compile(project) {
  const compiler = spawn(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  const [code] = await once(compiler, 'exit');
  if (code !== 0) throw new Error(`${project} has errors, see above`);
}

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
await Promise.all(['tsconfig.build.json', 'tsconfig.cjs.json'].map(compile));
writeFileSync(join(CJS, 'package.json'), '{ "type": "commonjs" }\n');
writeFileSync(join(CJS, 'here.js'), HERE);
