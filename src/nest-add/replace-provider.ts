import { posix } from 'node:path';
import type ts from 'typescript';
import type { App } from './app.js';
import type { AppFile } from './app-file.js';
import type { RoutingOptions } from './knex-options.js';
import { Left } from './left.js';
import { type MadeKnex, moveProvider } from './providers.js';
import { importsOf, modulesIn, rootModule } from './root-module.js';

/**
 * Puts the module where a provider made its Knex: in the `imports` of the module in its file. Where there is none, a constant beside the
 * provider holds it, since its factory may use what only that file knows, and the root module imports that.
 */
export function replaceProvider(app: App, made: MadeKnex): RoutingOptions | Left {
  const { source, call } = made;
  const [own, ...others] = modulesIn(source);
  const home = others.length === 0 ? own : undefined;
  const target = home ?? rootModule(app);
  const put = target
    ? importsOf(target)
    : new Left(call, 'no root module was found to import what stands in its stead');
  if (put instanceof Left) return put;
  const statement = home ? undefined : statementOf(source, call);
  if (!home && !statement) return new Left(call, 'it is in no constant of the file');
  const moved = moveProvider(made);
  if (moved instanceof Left) return moved;
  if (statement && target) {
    const name = constantIn(source, statement, moved.module);
    target.source.imports.need(pathTo(app, source, target.source), name);
    put(name);
  } else put(moved.module);
  return moved.options;
}

/** The statement of the file that a provider is in, if it is a constant's. */
function statementOf(source: AppFile, node: ts.Node): ts.Statement | undefined {
  const found = source.parents(node).at(-2);
  return found && source.ts.isVariableStatement(found) ? found : undefined;
}

function constantIn(source: AppFile, statement: ts.Statement, module: string): string {
  const name = source.uses('databaseRouting').length === 0 ? 'databaseRouting' : 'databaseRoutingModule';
  const start = statement.getFullStart();
  const [comment] = source.ts.getLeadingCommentRanges(source.text, start) ?? [];
  source.edits.insert(
    comment?.pos ?? statement.getStart(source.ast),
    `export const ${name} = ${module};\n\n`,
  );
  return name;
}

/** `./database/knex.provider`, with `.js` where the app writes it so. */
function pathTo(app: App, source: AppFile, from: AppFile): string {
  const path = posix.relative(posix.dirname(from.path), source.path).replace(/\.ts$/, '');
  const relative = from.imports.modules().filter((one) => one.startsWith('.'));
  const isModule =
    relative.length > 0
      ? relative.some((one) => one.endsWith('.js'))
      : app.json('package.json')['type'] === 'module';
  return `${path.startsWith('.') ? path : `./${path}`}${isModule ? '.js' : ''}`;
}
