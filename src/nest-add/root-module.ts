import type ts from 'typescript';
import type { App } from './app.js';
import { Left } from './left.js';
import type { AppFile } from './app-file.js';

/** A class with `@Module({…})`. */
export interface ModuleClass {
  readonly source: AppFile;
  readonly name: string;
  readonly decorator: ts.CallExpression;
}

/** What Nest calls the root module in its templates. */
const USUAL = 'AppModule';

export function modulesIn(source: AppFile): ModuleClass[] {
  const { ts } = source;
  return source.all(ts.isClassDeclaration).flatMap((one) => {
    const decorator = (ts.getDecorators(one) ?? []).map(({ expression }) => expression).find(
      (call) => ts.isCallExpression(call) && ts.isIdentifier(call.expression) && call.expression.text === 'Module',
    ); // prettier-ignore
    return decorator && one.name
      ? [{ source, name: one.name.text, decorator: decorator as ts.CallExpression }]
      : [];
  });
}

/** The module that the app is created of: `NestFactory.create(AppModule)`, in its entry file or elsewhere. */
export function rootModule(app: App): ModuleClass | undefined {
  const entry = app.source(app.entryFile);
  const created = [...(entry ? [entry] : []), ...app.sources].flatMap(createdIn);
  const modules = app.sources.filter(({ isTest }) => !isTest).flatMap(modulesIn);
  for (const name of [...created, USUAL]) {
    const named = modules.filter((one) => one.name === name);
    const own = named.filter(({ source }) => source.path.startsWith(app.sourceRoot));
    const [found] = own.length > 0 ? own : named;
    if (found) return found;
  }
  return undefined;
}

/** The names in `NestFactory.create(Name, …)`, `createMicroservice(Name.register())` and the like. */
function createdIn(source: AppFile): string[] {
  const { ts } = source;
  if (source.isTest) return [];
  return source.all(ts.isCallExpression).flatMap(({ expression, arguments: [given] }) => {
    const isFactory = ts.isPropertyAccessExpression(expression) && ts.isIdentifier(expression.expression);
    if (!isFactory || expression.expression.text !== 'NestFactory' || !given) return [];
    let name: ts.Expression = given;
    while (ts.isCallExpression(name) || ts.isPropertyAccessExpression(name)) name = name.expression;
    return ts.isIdentifier(name) ? [name.text] : [];
  });
}

/** What puts an element at the end of a module's `imports`, or why that can't be done. */
export function importsOf({ source, decorator }: ModuleClass): ((element: string) => void) | Left {
  const { ts, ast, edits } = source;
  const [metadata] = decorator.arguments;
  const outer = source.indentOf(decorator);
  const inner = `${outer}  `;
  if (!metadata) {
    const at = decorator.getEnd() - ')'.length;
    return (element) => edits.insert(at, `{\n${inner}imports: ${listOf([element], inner)},\n${outer}}`);
  }
  if (!ts.isObjectLiteralExpression(metadata))
    return new Left(metadata, 'what @Module is given is not written here');
  const property = source.property(metadata, 'imports');
  if (!property) {
    const end = metadata.properties.length > 0 ? '' : `\n${outer}`;
    const at = metadata.getStart(ast) + '{'.length;
    return (element) => edits.insert(at, `\n${inner}imports: ${listOf([element], inner)},${end}`);
  }
  const value = source.valueOf(property);
  if (!value || !ts.isArrayLiteralExpression(value))
    return new Left(property, "the module's imports are no list");
  return (element) => append(source, value, source.indentOf(property), element);
}

function append(source: AppFile, list: ts.ArrayLiteralExpression, indent: string, element: string): void {
  const { text, ast, edits } = source;
  const last = list.elements.at(-1);
  if (last && text.slice(list.getStart(ast), last.getStart(ast)).includes('\n')) {
    const own = source.indentOf(last);
    return edits.insert(last.getEnd(), `,\n${own}${element.replaceAll('\n', `\n${own}`)}`);
  }
  if (!element.includes('\n')) {
    if (last) return edits.insert(last.getEnd(), `, ${element}`);
    return edits.put(list.getStart(ast), list.getEnd(), `[${element}]`);
  }
  const before = list.elements.map((one) => edits.applyTo(text, one.getStart(ast), one.getEnd()));
  edits.put(list.getStart(ast), list.getEnd(), listOf([...before, element], indent));
}

/** A list with each element on lines of its own. */
function listOf(elements: readonly string[], indent: string): string {
  const lines = elements.map((one) => `\n${indent}  ${one.replaceAll('\n', `\n${indent}  `)},`);
  return `[${lines.join('')}\n${indent}]`;
}
