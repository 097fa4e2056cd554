import type ts from 'typescript';
import { Edits } from './edits.js';
import { factoryOf, factoryText, newFactory, returnedBy } from './factory.js';
import { OUR_NAME, type RoutingOptions, optionsOf, optionsOfAny } from './knex-options.js';
import { Left } from './left.js';
import { DEFAULT_NAME, KNEX_MODULE, KNEX_PACKAGES, type KnexPackage } from './knex-packages.js';
import type { AppFile } from './app-file.js';
import { type NewFactory, WAYS, factoryElsewhere } from './factory-elsewhere.js';

/** `KnexModule.forRoot(…)`, of any of the packages. */
export interface Registration {
  readonly source: AppFile;
  readonly of: KnexPackage;
  readonly call: ts.CallExpression;
  readonly method: ts.PropertyAccessExpression;
  /** Whether it is the connection without a name. */
  readonly isDefault: boolean;
}

export function registrationsIn(source: AppFile): Registration[] {
  const { ts } = source;
  return KNEX_PACKAGES.flatMap((of) =>
    source.imports
      .named(of.from)
      .filter(({ imported }) => imported === KNEX_MODULE)
      .flatMap(({ local }) => source.uses(local))
      .flatMap(({ parent: method }) => {
        if (!ts.isPropertyAccessExpression(method) || !ts.isCallExpression(method.parent)) return [];
        if (![of.sync, of.async].includes(method.name.text)) return [];
        const call = method.parent;
        return [{ source, of, call, method, isDefault: isDefault(source, of, call) }];
      }),
  );
}

function isDefault(
  source: AppFile,
  { name }: KnexPackage,
  { arguments: [options, second] }: ts.CallExpression,
): boolean {
  const { ts } = source;
  const inOptions =
    name && options && ts.isObjectLiteralExpression(options)
      ? source.valueOf(source.property(options, name))
      : undefined;
  return [second, inOptions].every(
    (one) => !one || (ts.isStringLiteralLike(one) && one.text === DEFAULT_NAME),
  );
}

/** Makes it ours; tells what was made, or why it is left. */
export function moveRegistration({ source, of, call, method }: Registration): RoutingOptions | Left {
  const [argument] = call.arguments;
  if (!argument) return new Left(call, 'it has no options');
  const moved =
    method.name.text === of.sync ? ofOptions(source, of, argument) : ofFactory(source, of, argument);
  if (moved instanceof Left) return moved;
  source.replace(method.name, 'forRootAsync');
  source.edits.put(argument.getStart(source.ast), call.arguments.at(-1)!.getEnd(), moved.argument);
  source.imports.need(OUR_NAME, 'optionsFromEnv');
  return moved.options;
}

interface Moved {
  /** What `forRootAsync` is given. */
  readonly argument: string;
  readonly options: RoutingOptions;
}

/** `{ config: {…} }` becomes `{ useFactory: () => ({…}) }`, as deep as it was. */
function ofOptions(source: AppFile, of: KnexPackage, argument: ts.Expression): Moved | Left {
  const { ts } = source;
  if (!ts.isObjectLiteralExpression(argument)) {
    const options = optionsOfAny(source, argument, `${source.textOf(argument)}.config`);
    if (options instanceof Left) return options;
    const indent = source.indentOf(argument);
    return {
      options,
      argument: `{\n${indent}  useFactory: ${newFactory(options, `${indent}  `)},\n${indent}}`,
    };
  }
  const config = source.property(argument, 'config');
  const value = source.valueOf(config);
  const unknown = unknownIn(source, argument, ['config', ...meaningless(of)]);
  if (unknown) return unknown;
  if (!config || !value) return new Left(argument, "its 'config' is not there");
  const options = optionsOf(source, value);
  if (options instanceof Left) return options;
  const edits = new Edits();
  source.remove(
    argument.properties,
    argument.properties.filter((one) => one !== config),
    edits,
  );
  edits.put(
    config.getStart(source.ast),
    config.getEnd(),
    `useFactory: ${newFactory(options, source.indentOf(config))}`,
  );
  return { options, argument: edits.applyTo(source.text, argument.getStart(source.ast), argument.getEnd()) };
}

/** `useFactory` goes on to be called with what is injected, and returns our options. */
function ofFactory(source: AppFile, of: KnexPackage, argument: ts.Expression): Moved | Left {
  const { ts, ast } = source;
  if (!ts.isObjectLiteralExpression(argument)) return new Left(argument, 'its options are not written here');
  const others = meaningless(of);
  const unknown = unknownIn(source, argument, ['imports', 'inject', ...WAYS, ...others]);
  if (unknown) return unknown;
  const made = factoryElsewhere(source, of, argument) ?? factoryHere(source, argument);
  if (made instanceof Left) return made;
  const edits = new Edits();
  const { properties } = argument;
  const gone = properties.filter(({ name }) => name && others.includes(source.nameOf(name) ?? ''));
  source.remove(properties, gone, edits);
  edits.put(made.node.getStart(ast), made.node.getEnd(), made.text);
  return {
    options: made.options,
    argument: edits.applyTo(source.text, argument.getStart(ast), argument.getEnd()),
  };
}

function factoryHere(source: AppFile, argument: ts.ObjectLiteralExpression): NewFactory | Left {
  const property = source.property(argument, 'useFactory');
  const node = property && factoryOf(source, property);
  if (!property || !node) return new Left(property ?? argument, 'its factory is not written here');
  const options = optionsReturnedBy(source, node);
  if (options instanceof Left) return options;
  return { node, options, text: factoryText(source, node, options) };
}

function optionsReturnedBy(
  source: AppFile,
  factory: Parameters<typeof returnedBy>[1],
): RoutingOptions | Left {
  const { ts } = source;
  const returned = returnedBy(source, factory);
  if (returned instanceof Left) return returned;
  const bare = source.bare(returned);
  if (ts.isObjectLiteralExpression(bare)) {
    const config = source.property(bare, 'config');
    const value = source.valueOf(config);
    if (config && value)
      return lessDeep(optionsOf(source, value), source.indentOf(config), source.indentOf(returned));
    return new Left(bare, "what its factory returns has no 'config'");
  }
  const isPlain = ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare) || isLookUp(source, bare);
  if (!isPlain) return new Left(bare, 'what its factory returns is made elsewhere');
  return optionsOfAny(source, returned, `${source.textOf(returned)}.config`);
}

/** Moves the lines to the left: the options stand where what had them inside stood. */
function lessDeep(options: RoutingOptions | Left, from: string, to: string): RoutingOptions | Left {
  if (options instanceof Left) return options;
  return { ...options, text: options.text.replaceAll(`\n${from}`, `\n${to}`) };
}

/** `config.get('knex')`, `config.getOrThrow('knex')`: Nest's own configuration, which is no promise. */
function isLookUp({ ts }: AppFile, node: ts.Expression): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  return /^get(?:OrThrow)?$/.test(node.expression.name.text);
}

function meaningless({ name, ignored }: KnexPackage): readonly string[] {
  return name ? [name, ...ignored] : ignored;
}

function unknownIn(
  source: AppFile,
  object: ts.ObjectLiteralExpression,
  known: readonly string[],
): Left | undefined {
  const unknown = object.properties.find(
    (one) => !one.name || !known.includes(source.nameOf(one.name) ?? ''),
  );
  return (
    unknown && new Left(unknown, `what '${source.textOf(unknown).split('\n')[0]}' means here is not known`)
  );
}
