import { AddRouting } from './add-routing.js';
import { App } from './app.js';
import { asPretty } from './app-prettier.js';
import { appTypescript } from './app-typescript.js';
import { lineNow } from './line-now.js';
import { nextSteps } from './next-steps.js';
import type { SchematicContext, Tree } from './tree.js';

export interface NestAddOptions {
  /** Where the app's sources are, as `nest-cli.json` says. The Nest CLI gives it. */
  readonly sourceRoot?: string;
}

/** `nest add nestjs-database-routing`: the Nest CLI installs the package and runs this, in the app's folder. */
export function nestAdd({ sourceRoot }: NestAddOptions) {
  return async (tree: Tree, { logger }: SchematicContext): Promise<void> => {
    const folder = process.cwd();
    const app = new App(tree, appTypescript(folder), sourceRoot);
    const added = new AddRouting(app);
    const { left } = added;
    const steps = nextSteps(app, added);
    for (const [path, text] of added.changed)
      if (tree.exists(path)) tree.overwrite(path, await asPretty(folder, path, tree.readText(path), text));
      else tree.create(path, text);
    if (left.length > 0) logger.warn('Left as it is:');
    for (const { path, line, why } of left) {
      const text = line === undefined ? '' : tree.readText(path);
      logger.warn(
        `  ${path}${line === undefined ? '' : `:${lineNow(added.changed.get(path) ?? text, line, text)}`}  ${why}`,
      );
    }
    for (const line of added.changed.size > 0 ? steps : ['Nothing to change.']) logger.info(line);
  };
}
