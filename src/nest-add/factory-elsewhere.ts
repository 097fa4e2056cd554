import type ts from 'typescript';
import type { AppFile } from './app-file.js';
import { newFactory } from './factory.js';
import { type RoutingOptions, optionsOfAny } from './knex-options.js';
import type { KnexPackage } from './knex-packages.js';
import { Left } from './left.js';

/** How Nest's asynchronous modules are told where their options come from. */
export const WAYS = ['useClass', 'useExisting', 'useFactory'] as const;

/** What stands in place of a node, and the options that it gives. */
export interface NewFactory {
  readonly node: ts.Node;
  readonly text: string;
  readonly options: RoutingOptions;
}

/**
 * Where a class or a function that has a name tells the options, a factory that asks it: `useClass: X` becomes `inject: [X]`, which the
 * module provides for itself. Undefined where they are told otherwise.
 */
export function factoryElsewhere(
  source: AppFile,
  of: KnexPackage,
  argument: ts.ObjectLiteralExpression,
): NewFactory | undefined {
  const way = WAYS.find((one) => source.property(argument, one));
  const node = way && source.property(argument, way);
  const value = source.valueOf(node);
  if (!node || !value || !source.ts.isIdentifier(value)) return undefined;
  const name = value.text;
  const isFunction = way === 'useFactory';
  const asked = isFunction ? `${name}(...given)` : `options.${of.method}()`;
  const options = optionsOfAny(source, value, `(await ${asked}).config`);
  if (options instanceof Left) return undefined;
  const indent = source.indentOf(node);
  const given = isFunction ? `...given: Parameters<typeof ${name}>` : `options: ${name}`;
  const lines = [
    ...(way === 'useClass' ? [`provideInjectionTokensFrom: [${name}]`] : []),
    ...(isFunction ? [] : [`inject: [${name}]`]),
    `useFactory: async (${given}) => ${newFactory(options, indent).replace('() => ', '')}`,
  ];
  return { node, options, text: lines.join(`,\n${indent}`) };
}
