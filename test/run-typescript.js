import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformFile } from '@swc/core';
import jest from '../jest.config.js';

/** Lets another process run our sources as tests do: `node --import ./test/run-typescript.js main.ts`. */
if (isMainThread) register(import.meta.url);

const [, options] = jest.transform['^.+\\.ts$'];

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (cause) {
    if (!/^\.{1,2}\/.*\.js$/.test(specifier)) throw cause;
    return next(specifier.replace(/\.js$/, '.ts'), context);
  }
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url), { ...options, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
