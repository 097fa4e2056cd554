import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TypeScript } from './source.js';

/**
 * The app's own TypeScript, or that of its Nest CLI, which is there with every package manager and has the functions that a newer
 * compiler may lack. Throws where there is neither.
 */
export function appTypescript(folder: string): TypeScript {
  const app = createRequire(join(folder, 'package.json'));
  const found = load(app) ?? load(cliOf(app));
  if (found) return found;
  throw new Error(
    'No TypeScript was found to read the app with. Run this in the folder of the app, after npm install --save-dev typescript.',
  );
}

function cliOf(app: NodeJS.Require): NodeJS.Require | undefined {
  try {
    return createRequire(app.resolve('@nestjs/cli/package.json'));
  } catch {
    return undefined;
  }
}

function load(from: NodeJS.Require | undefined): TypeScript | undefined {
  try {
    const found = from?.('typescript') as Partial<TypeScript> | undefined;
    return typeof found?.createSourceFile === 'function' ? (found as TypeScript) : undefined;
  } catch {
    return undefined;
  }
}
