import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What is used of Prettier 3. */
interface Prettier {
  resolveConfig(path: string, options: { editorconfig: boolean }): Promise<object | null>;
  check(text: string, options: object): Promise<boolean>;
  format(text: string, options: object): Promise<string>;
}

/**
 * A changed source as the app's Prettier writes it, where it was written so before: what was put in takes on the app's quotes and widths,
 * and nothing else moves. Elsewhere, and where Prettier fails, the text as it is.
 */
export async function asPretty(folder: string, path: string, before: string, after: string): Promise<string> {
  const prettier = path.endsWith('.ts') ? prettierOf(folder) : undefined;
  if (!prettier) return after;
  const file = join(folder, path);
  try {
    const options = { ...(await prettier.resolveConfig(file, { editorconfig: true })), filepath: file };
    return (await prettier.check(before, options)) ? await prettier.format(after, options) : after;
  } catch {
    return after; // a plugin that is missing, say
  }
}

function prettierOf(folder: string): Prettier | undefined {
  try {
    return createRequire(join(folder, 'package.json'))('prettier') as Prettier;
  } catch {
    return undefined;
  }
}
