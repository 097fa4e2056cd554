import type ts from 'typescript';
import type { NamedImport } from './imports.js';
import { OUR_NAME } from './knex-options.js';
import { DEFAULT_NAME, KNEX_MODULE, type KnexPackage } from './knex-packages.js';
import type { AppFile } from './app-file.js';

interface Renamed {
  readonly one: NamedImport;
  /** Where it is used for what is ours now. */
  readonly moves: readonly ts.Identifier[];
  readonly stays: readonly ts.Identifier[];
}

/** Gives what a file imports of one of the packages our names; returns the uses that it leaves. */
export function renameImports(source: AppFile, of: KnexPackage): ts.Node[] {
  const renamed = source.imports.named(of.from).map((one): Renamed => {
    const uses = source.uses(one.local).filter((use) => !source.isGone(use));
    const moves = uses.filter((use) => isOurs(source, of, one, use));
    return { one, moves, stays: uses.filter((use) => !moves.includes(use)) };
  });
  for (const { one, stays } of renamed) if (stays.length === 0) source.imports.drop(one);
  for (const each of renamed) if (each.moves.length > 0) rename(source, of, each);
  return renamed.flatMap(({ stays }) => stays);
}

function rename(source: AppFile, of: KnexPackage, { one, moves }: Renamed): void {
  if (of.types.includes(one.imported)) {
    source.imports.need('knex', 'Knex', { local: one.local, isType: true });
    return;
  }
  const name = ourName(of, one);
  const local = source.imports.need(OUR_NAME, name, { local: source.imports.free(name, `Routed${name}`) });
  for (const use of moves) {
    if (use.text !== local) source.replace(use, local);
    const { parent } = use;
    if (!source.ts.isCallExpression(parent) || parent.arguments.length === 0) continue;
    source.edits.put(parent.arguments.pos, parent.arguments.end, '');
  }
}

function ourName(of: KnexPackage, { imported }: NamedImport): string {
  if (imported === KNEX_MODULE) return 'DatabaseRoutingModule';
  return imported === of.token ? 'getKnexToken' : 'InjectKnex';
}

/** Whether it speaks of the connection without a name, which is ours now. */
function isOurs(source: AppFile, of: KnexPackage, { imported }: NamedImport, use: ts.Identifier): boolean {
  if (of.types.includes(imported)) return true;
  if (imported === KNEX_MODULE) return isRegistered(source, use);
  return (of.decorators.includes(imported) || imported === of.token) && isCalledForDefault(source, use);
}

/** Where it is registered anew, and where the module that registers it exports it. */
function isRegistered(source: AppFile, use: ts.Identifier): boolean {
  const { ts } = source;
  const { parent } = use;
  if (ts.isPropertyAccessExpression(parent)) return source.isReplaced(parent.name);
  const list = ts.isArrayLiteralExpression(parent) ? parent.parent : parent;
  const isExport = ts.isPropertyAssignment(list) && source.nameOf(list.name) === 'exports';
  return (
    isExport &&
    source.all(ts.isPropertyAccessExpression, list.parent).some(({ name }) => source.isReplaced(name))
  );
}

function isCalledForDefault({ ts }: AppFile, use: ts.Identifier): boolean {
  const { parent } = use;
  if (!ts.isCallExpression(parent) || parent.expression !== use) return false;
  return parent.arguments.every((one) => {
    if (ts.isIdentifier(one)) return one.text === 'undefined';
    return ts.isStringLiteralLike(one) && ['', DEFAULT_NAME].includes(one.text);
  });
}
