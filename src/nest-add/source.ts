import type ts from 'typescript';
import { Edits } from './edits.js';

export type TypeScript = typeof ts;

/** A file of the app, its syntax tree, and what is to change in it. */
export class Source {
  readonly ast: ts.SourceFile;
  readonly edits = new Edits();

  constructor(
    readonly ts: TypeScript,
    readonly path: string,
    readonly text: string,
  ) {
    this.ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** Whether only tests load it. */
  get isTest(): boolean {
    return /(?:^|\/)tests?\/|[.-](?:spec|test)\.[cm]?ts$/.test(this.path);
  }

  /** The line that a node begins on after the changes, from 1. */
  lineOf(node: ts.Node): number {
    return this.edits.applyTo(this.text, 0, node.getStart(this.ast)).split('\n').length;
  }

  textOf(node: ts.Node): string {
    return node.getText(this.ast);
  }

  replace(node: ts.Node, text: string): void {
    this.edits.put(node.getStart(this.ast), node.getEnd(), text);
  }

  /** Whether something else is written in place of it. */
  isReplaced(node: ts.Node): boolean {
    return this.edits.over(node.getStart(this.ast), node.getEnd()) !== undefined;
  }

  /** The same, and the name is not in that either. */
  isGone(name: ts.Identifier): boolean {
    const text = this.edits.over(name.getStart(this.ast), name.getEnd());
    return text !== undefined && !new RegExp(String.raw`\b${name.text}\b`).test(text);
  }

  /** All nodes of a kind, in the order of the text. */
  all<Kind extends ts.Node>(is: (node: ts.Node) => node is Kind, within: ts.Node = this.ast): Kind[] {
    const found: Kind[] = [];
    const visit = (node: ts.Node): void => {
      if (is(node)) found.push(node);
      this.ts.forEachChild(node, visit);
    };
    visit(within);
    return found;
  }

  /** Where a name of the file's scope is used, its import aside. */
  uses(name: string): ts.Identifier[] {
    const { ts } = this;
    return this.all(ts.isIdentifier)
      .filter(
        ({ text, parent }) => text === name && !ts.isImportSpecifier(parent) && !ts.isImportClause(parent),
      )
      .filter((one) => {
        const { parent } = one;
        if (ts.isPropertyAccessExpression(parent)) return parent.expression === one;
        return !('name' in parent && parent.name === one && !ts.isShorthandPropertyAssignment(parent));
      });
  }

  /** The white space in front of the line that a node begins on. */
  indentOf(node: ts.Node): string {
    const line = this.text.slice(0, node.getStart(this.ast)).lastIndexOf('\n') + 1;
    return /^[ \t]*/.exec(this.text.slice(line))![0];
  }

  /** Takes some of a list away, with the commas between. Comments beside them stay. */
  remove(list: ts.NodeArray<ts.Node>, gone: readonly ts.Node[], edits = this.edits): void {
    const lastKept = list.findLastIndex((one) => !gone.includes(one));
    for (const one of gone.filter((each) => list.indexOf(each) < lastKept))
      edits.put(one.getStart(this.ast), this.afterComma(one), '');
    const [first, last] = [list[lastKept + 1], list.at(-1)];
    if (!first || !last) return;
    const start = list[lastKept]?.getEnd() ?? list.pos;
    const between = this.text.slice(start, first.getStart(this.ast));
    if (!/\/[/*]/.test(between)) return edits.put(start, last.getEnd(), '');
    const comma = /^\s*,/.exec(this.text.slice(last.getEnd()))?.[0].length ?? 0;
    edits.put(start + between.trimEnd().length, last.getEnd() + comma, '');
  }

  /** Behind the comma after a node, and what follows on its line; where the next line's words begin, if nothing does. */
  private afterComma(node: ts.Node): number {
    const end = node.getEnd();
    return end + /^(?:\s*,)?[ \t]*(?:\r?\n[ \t]*)?/.exec(this.text.slice(end))![0].length;
  }

  /** From the one that a node is in to the file. */
  parents(node: ts.Node): ts.Node[] {
    const found: ts.Node[] = [];
    for (let one = node.parent; one; one = one.parent) found.push(one);
    return found;
  }

  /** What parentheses and assertions of types stand around. */
  bare(node: ts.Expression): ts.Expression {
    const { ts } = this;
    const isAround =
      ts.isParenthesizedExpression(node) ||
      ts.isAsExpression(node) ||
      ts.isSatisfiesExpression(node) ||
      ts.isNonNullExpression(node);
    return isAround ? this.bare(node.expression) : node;
  }

  property(object: ts.ObjectLiteralExpression, name: string): ts.ObjectLiteralElementLike | undefined {
    return object.properties.find((one) => one.name !== undefined && this.nameOf(one.name) === name);
  }

  nameOf(name: ts.PropertyName): string | undefined {
    return this.ts.isIdentifier(name) || this.ts.isStringLiteralLike(name) ? name.text : undefined;
  }

  /** What `name: value`, or `name` alone, sets. */
  valueOf(property: ts.ObjectLiteralElementLike | undefined): ts.Expression | undefined {
    if (property === undefined) return undefined;
    if (this.ts.isShorthandPropertyAssignment(property)) return property.name;
    return this.ts.isPropertyAssignment(property) ? property.initializer : undefined;
  }

  /** The text with its changes, and one kind of line end. */
  result(): string {
    const text = this.edits.applyTo(this.text);
    return this.text.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
  }
}
