import type ts from 'typescript';
import { Edits } from './edits.js';
import type { RoutingOptions } from './knex-options.js';
import { Left } from './left.js';
import type { Source } from './source.js';

export type Factory = ts.ArrowFunction | ts.FunctionExpression | ts.MethodDeclaration;

/** The function that a property `useFactory` is: `useFactory: () => …`, or `useFactory() { … }`. */
export function factoryOf(source: Source, property: ts.ObjectLiteralElementLike): Factory | undefined {
  const { ts } = source;
  if (ts.isMethodDeclaration(property)) return property;
  const value = source.valueOf(property);
  return value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) ? value : undefined;
}

/** The one thing that it returns, or why that can't be told. */
export function returnedBy(source: Source, factory: Factory): ts.Expression | Left {
  const { ts } = source;
  const { body } = factory;
  if (!body) return new Left(factory, 'its factory has no body');
  if (!ts.isBlock(body)) return body;
  const all = source.all(ts.isReturnStatement, body).filter((one) => enclosing(source, one) === factory);
  const [only] = all;
  if (all.length !== 1 || !only?.expression || only.parent !== body)
    return new Left(factory, 'its factory does not end with its one return');
  return constantOf(source, factory, only.expression)?.value ?? only.expression;
}

interface Constant {
  readonly statement: ts.VariableStatement;
  readonly value: ts.Expression;
}

/** `const db = knex({…})`, where the factory does nothing with it but `return db`. */
function constantOf(source: Source, { body }: Factory, returned: ts.Expression): Constant | undefined {
  const { ts } = source;
  const name = source.bare(returned);
  const uses = source.all(ts.isIdentifier, body).filter(({ text }) => text === source.textOf(name));
  const declaration = uses.map(({ parent }) => parent).find((one) => ts.isVariableDeclaration(one));
  const statement = declaration?.parent.parent;
  if (uses.length !== 2 || !declaration?.initializer || !statement || !ts.isVariableStatement(statement))
    return undefined;
  const isAlone = statement.declarationList.declarations.length === 1;
  return isAlone ? { statement, value: declaration.initializer } : undefined;
}

function enclosing({ ts }: Source, node: ts.Node): ts.Node {
  let outer = node.parent;
  while (!ts.isFunctionLike(outer) && !ts.isSourceFile(outer)) outer = outer.parent;
  return outer;
}

/** The factory's text, with our options in place of what it returned. */
export function factoryText(source: Source, factory: Factory, options: RoutingOptions): string {
  const { ts, ast } = source;
  const { body } = factory;
  const edits = new Edits();
  const indent = source.indentOf(factory);
  if (!body || ts.isBlock(body)) {
    const [only] = source.all(ts.isReturnStatement, body).filter((one) => enclosing(source, one) === factory);
    const constant = only?.expression && constantOf(source, factory, only.expression)?.statement;
    const next = body?.statements.find(({ pos }) => pos === constant?.end);
    if (constant && next) edits.put(constant.getStart(ast), next.getStart(ast), '');
    edits.put(only!.getStart(ast), only!.getEnd(), returning(options, source.indentOf(only!)));
  } else {
    const text = options.before
      ? `{\n${indent}  ${returning(options, `${indent}  `)}\n${indent}}`
      : parenthesized(options.text);
    edits.put(body.getStart(ast), body.getEnd(), text);
  }
  return withoutType(source, factory, edits);
}

/** A factory for what had none. */
export function newFactory(options: RoutingOptions, indent: string): string {
  if (!options.before) return `() => ${parenthesized(options.text)}`;
  return `() => {\n${indent}  ${returning(options, `${indent}  `)}\n${indent}}`;
}

function returning({ before, text }: RoutingOptions, indent: string): string {
  return `${before ? `${before}\n${indent}` : ''}return ${text};`;
}

/** What it was said to return is not what it returns now. */
function withoutType(source: Source, factory: Factory, edits: Edits): string {
  const { type, parameters } = factory;
  if (type) {
    const after = parameters.at(-1)?.getEnd() ?? factory.getStart(source.ast);
    edits.put(source.text.indexOf(')', after) + 1, type.getEnd(), '');
  }
  return edits.applyTo(source.text, factory.getStart(source.ast), factory.getEnd());
}

function parenthesized(text: string): string {
  return text.startsWith('{') ? `(${text})` : text;
}
