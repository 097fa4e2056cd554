import type ts from 'typescript';
import { type Factory, factoryOf, factoryText, newFactory, returnedBy } from './factory.js';
import { OUR_NAME, type RoutingOptions, optionsOf } from './knex-options.js';
import { Left } from './left.js';
import type { AppFile } from './app-file.js';

/** A Knex that the app makes: `knex({…})`. */
export interface MadeKnex {
  readonly source: AppFile;
  readonly call: ts.CallExpression;
  /** What provides it to Nest, or why it can't be told. */
  readonly provider: Provider | Left;
}

/** `{ provide: 'KNEX', useFactory: () => knex({…}) }` */
interface Provider {
  readonly object: ts.ObjectLiteralExpression;
  readonly how: ts.ObjectLiteralElementLike;
  readonly factory?: Factory;
  readonly inject?: ts.ObjectLiteralElementLike;
}

export function knexesMadeIn(source: AppFile): MadeKnex[] {
  const names = namesOfKnex(source);
  if (names.length === 0) return [];
  const { ts } = source;
  return source
    .all(ts.isCallExpression)
    .filter(({ expression, arguments: [given] }) => {
      if (!given || isTable(source, given)) return false;
      const isMember =
        ts.isPropertyAccessExpression(expression) && ['knex', 'default'].includes(expression.name.text);
      const callee = isMember ? expression.expression : expression;
      return ts.isIdentifier(callee) && names.includes(callee.text);
    })
    .map((call) => ({ source, call, provider: providerOf(source, call) }));
}

/** `knex('posts')`, where a parameter is called as the import is. */
function isTable({ ts }: AppFile, given: ts.Expression): boolean {
  return ts.isStringLiteralLike(given) && !given.text.includes('://');
}

/** What a file calls the function that makes a Knex. */
function namesOfKnex(source: AppFile): string[] {
  const { ts } = source;
  const named = source.imports.named('knex').filter(({ imported }) => ['knex', 'default'].includes(imported));
  const whole = source.imports.from('knex').flatMap(({ importClause: clause }) => {
    const bindings = clause?.namedBindings;
    return [clause?.name, bindings && ts.isNamespaceImport(bindings) ? bindings.name : undefined];
  });
  const required = [
    ...source
      .all(ts.isImportEqualsDeclaration)
      .filter((one) => /\brequire\(['"]knex['"]\)/.test(source.textOf(one))),
    ...source.all(ts.isVariableDeclaration).filter(({ initializer }) => initializer && /^require\(['"]knex['"]\)$/.test(source.textOf(initializer))), // prettier-ignore
  ].map(({ name }) => name);
  const identifiers = [...whole, ...required].filter((one) => one !== undefined && ts.isIdentifier(one));
  return [...named.map(({ local }) => local), ...identifiers.map((one) => (one as ts.Identifier).text)];
}

function providerOf(source: AppFile, call: ts.CallExpression): Provider | Left {
  const { ts } = source;
  const isProvider = (node: ts.Node): node is ts.ObjectLiteralExpression =>
    ts.isObjectLiteralExpression(node) && source.property(node, 'provide') !== undefined;
  const object = source.parents(call).find(isProvider);
  if (!object) return new Left(call, 'a Knex is made here, and not in a provider');
  if (source.parents(object).some((one) => ts.isFunctionLike(one)))
    return new Left(object, 'it may be made more than once');
  const other = object.properties.find((one) => !one.name || !['provide', 'useFactory', 'useValue', 'inject'].includes(source.nameOf(one.name) ?? '')); // prettier-ignore
  if (other)
    return new Left(other, `what '${source.textOf(other).split('\n')[0]}' means for the Knex is not known`);
  const how = source.property(object, 'useFactory') ?? source.property(object, 'useValue')!;
  const factory = factoryOf(source, how);
  const made = factory ? returnedBy(source, factory) : source.valueOf(how);
  if (made instanceof Left) return made;
  if (!made || source.bare(made) !== call) return new Left(call, 'its provider does something with the Knex');
  const inject = source.property(object, 'inject');
  return { object, how, ...(factory && { factory }), ...(inject && { inject }) };
}

/** What the module is given where a provider was. */
export interface MovedProvider {
  /** `DatabaseRoutingModule.forRootAsync({…})` */
  readonly module: string;
  readonly options: RoutingOptions;
}

/**
 * The provider's factory becomes the module's, and its token another name of the module's Knex. So whatever asks for the token gets
 * the routed Knex: `@Inject`, `moduleRef.get`, other factories, and tests that override it.
 */
export function moveProvider({ source, call, provider }: MadeKnex): MovedProvider | Left {
  if (provider instanceof Left) return provider;
  const { object, how, factory, inject } = provider;
  const typed = typeOf(source, object);
  if (typed) return new Left(typed, `its type ${source.textOf(typed)} says how it provides`);
  const [config] = call.arguments;
  const options = config ? optionsOf(source, config) : new Left(call, 'it has no configuration');
  if (options instanceof Left) return options;
  const injected = inject ? configModuleFor(source, inject) : [];
  if (injected instanceof Left) return injected;
  const module = source.imports.need(OUR_NAME, 'DatabaseRoutingModule');
  source.imports.need(OUR_NAME, 'optionsFromEnv');
  const text = `${module}.forRootAsync({${linesOf(source, provider, [...injected, factoryOfModule(source, how, factory, options)])}\n})`;
  source.replace(how, `useExisting: ${source.imports.need(OUR_NAME, 'getKnexToken')}()`);
  if (inject) source.remove(object.properties, [inject]);
  dropUnused(source);
  return { options, module: text };
}

function factoryOfModule(
  source: AppFile,
  how: ts.Node,
  factory: Factory | undefined,
  options: RoutingOptions,
): string {
  if (!factory) return `useFactory: ${newFactory(options, source.indentOf(how))}`;
  const text = factoryText(source, factory, options);
  return source.ts.isMethodDeclaration(factory) ? text : `useFactory: ${text}`;
}

/** Each on lines of its own, two spaces in. */
function linesOf(source: AppFile, { how }: Provider, properties: readonly string[]): string {
  const before = source.indentOf(how);
  return properties.map((one) => `\n  ${one.replaceAll(`\n${before}`, '\n  ')},`).join('');
}

/** A type that would not fit another name of a Knex. */
function typeOf(source: AppFile, object: ts.Node): ts.TypeNode | undefined {
  const { ts } = source;
  const declaration = source
    .parents(object)
    .find((one) => ts.isVariableDeclaration(one) || ts.isSatisfiesExpression(one));
  const type = declaration?.type;
  return type && /FactoryProvider|ValueProvider/.test(source.textOf(type)) ? type : undefined;
}

/** What the module must import for what its factory is given: Nest's configuration can be had anywhere, others may not. */
function configModuleFor(source: AppFile, inject: ts.ObjectLiteralElementLike): string[] | Left {
  const { ts } = source;
  const list = source.valueOf(inject);
  const services = source.imports
    .named('@nestjs/config')
    .filter(({ imported }) => imported === 'ConfigService');
  const isConfig = (one: ts.Expression) =>
    ts.isIdentifier(one) && services.some(({ local }) => local === one.text);
  if (!list || !ts.isArrayLiteralExpression(list) || !list.elements.every(isConfig))
    return new Left(inject, 'whether the module finds what its factory injects is not known');
  if (list.elements.length === 0) return [];
  return [`imports: [${source.imports.need('@nestjs/config', 'ConfigModule')}]`, source.textOf(inject)];
}

/** Takes the import of what makes a Knex away, where nothing else uses it. */
function dropUnused(source: AppFile): void {
  const isUsed = ({ text }: ts.Identifier) => source.uses(text).some((use) => !source.isGone(use));
  for (const one of source.imports.named('knex')) if (!isUsed(one.specifier.name)) source.imports.drop(one);
  for (const { importClause } of source.imports.from('knex'))
    if (importClause?.name && !isUsed(importClause.name)) source.imports.dropDefault(importClause);
}
