import ts from 'typescript';

/**
 * The titles of the tests in a spec: of each test its own, and the same with the titles of the describes around it in
 * front, as Jest's `-t` takes them. A title of a table stands as it is written, and with `%s` filled in from each row.
 * Tests that are skipped, or that are to fail, hold nothing, so they are left out.
 */
export function testTitles(text: string): Set<string> {
  const file = ts.createSourceFile('spec.ts', text, ts.ScriptTarget.Latest, true);
  const found = new Set<string>();
  const visit = (node: ts.Node, around: readonly string[]): void => {
    const call = ts.isCallExpression(node) ? testCall(node, file) : undefined;
    if (call?.name === 'it')
      for (const title of call.titles) for (const whole of under(around, title)) found.add(whole);
    const inner = call?.name === 'describe' ? call.titles.flatMap((title) => under(around, title)) : around;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(file, []);
  return found;
}

/** The title alone, and behind each of those around it. */
const under = (around: readonly string[], title: string): string[] => [
  title,
  ...around.map((outer) => `${outer} ${title}`),
];

interface TestCall {
  readonly name: 'describe' | 'it' | undefined;
  readonly titles: readonly string[];
}

/** `it('title', …)` and `it.each(table)('title', …)`; the same of describe. */
function testCall(call: ts.CallExpression, file: ts.SourceFile): TestCall | undefined {
  const [first] = call.arguments;
  const title = first && stringIn(first);
  if (title === undefined) return undefined;
  const { expression: called } = call;
  if (ts.isIdentifier(called)) return { name: nameOf(called), titles: [title] };
  if (!ts.isCallExpression(called) || !ts.isPropertyAccessExpression(called.expression)) return undefined;
  const { expression: test, name } = called.expression;
  if (name.text !== 'each') return undefined;
  const rows = rowsIn(called.arguments[0], file);
  return { name: nameOf(test), titles: [title, ...rows.map((row) => filled(title, row))] };
}

function nameOf(node: ts.Expression): TestCall['name'] {
  const name = ts.isIdentifier(node) ? node.text : '';
  return name === 'it' || name === 'describe' ? name : undefined;
}

type Row = readonly (string | undefined)[];

/** What a table has of strings, row by row. It stands right there, or in a constant of the same file. */
function rowsIn(table: ts.Expression | undefined, file: ts.SourceFile): Row[] {
  if (!table) return [];
  if (ts.isIdentifier(table)) return rowsIn(constantIn(file, table.text), file);
  if (ts.isAsExpression(table)) return rowsIn(table.expression, file);
  if (!ts.isArrayLiteralExpression(table)) return [];
  return table.elements.map((row) =>
    ts.isArrayLiteralExpression(row) ? row.elements.map(stringIn) : [stringIn(row)],
  );
}

function constantIn({ statements }: ts.SourceFile, name: string): ts.Expression | undefined {
  return statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find((declared) => ts.isIdentifier(declared.name) && declared.name.text === name)?.initializer;
}

function stringIn(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** A placeholder stands for the next value of the row; one that is no string stays as it is. */
function filled(title: string, row: Row): string {
  const values = row.values();
  return title.replaceAll(/%[a-z]/g, (placeholder) => {
    const { value } = values.next();
    return placeholder === '%s' && value !== undefined ? value : placeholder;
  });
}
