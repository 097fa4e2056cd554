import ts from 'typescript';
import type { SourceFile } from './source-files.js';

export interface FunctionLength {
  /** `file: name` */
  readonly where: string;
  readonly lines: number;
  readonly parameters: number;
}

/** All functions and methods of a file, each with those inside it. */
export function functionsOf({ path, text }: SourceFile): FunctionLength[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: FunctionLength[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const [first, last] = [node.getStart(), node.getEnd()].map(
        (position) => source.getLineAndCharacterOfPosition(position).line,
      );
      const name = node.name?.getText() ?? 'a function';
      found.push({
        where: `${path}: ${name}`,
        lines: last! - first! + 1,
        parameters: node.parameters.length,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
