import type ts from 'typescript';
import type { Source } from './source.js';

/** `import { imported as local } from 'from'` */
export interface NamedImport {
  readonly imported: string;
  readonly local: string;
  readonly specifier: ts.ImportSpecifier;
}

interface Needed {
  readonly name: string;
  readonly from: string;
  readonly local: string;
  readonly isType: boolean;
}

/** The imports of a file, and what is to change in them. */
export class Imports {
  private readonly declarations: readonly ts.ImportDeclaration[];
  private readonly gone = new Set<ts.ImportSpecifier>();
  private readonly goneDefaults = new Set<ts.ImportClause>();
  private readonly needed: Needed[] = [];

  constructor(private readonly source: Source) {
    this.declarations = source.ast.statements.filter((one) => source.ts.isImportDeclaration(one));
  }

  from(module: string): readonly ts.ImportDeclaration[] {
    return this.declarations.filter(({ moduleSpecifier }) => this.moduleOf(moduleSpecifier) === module);
  }

  /** All that it imports from. */
  modules(): string[] {
    return this.declarations.map(({ moduleSpecifier }) => this.moduleOf(moduleSpecifier) ?? '');
  }

  /** Whether nothing of a module is left in the file. */
  isWithout(module: string): boolean {
    return this.from(module).every((one) => this.isGone(one));
  }

  named(module: string): NamedImport[] {
    return this.from(module).flatMap((declaration) =>
      this.specifiers(declaration).map((specifier) => ({
        imported: (specifier.propertyName ?? specifier.name).text,
        local: specifier.name.text,
        specifier,
      })),
    );
  }

  drop({ specifier }: NamedImport): void {
    this.gone.add(specifier);
  }

  dropDefault(clause: ts.ImportClause): void {
    this.goneDefaults.add(clause);
  }

  /** Imports a name unless it is there, and tells what the file calls it. */
  need(from: string, name: string, { local = name, isType = false } = {}): string {
    const there = this.named(from).find(
      ({ imported, specifier }) => imported === name && !this.gone.has(specifier),
    );
    if (there) return there.local;
    if (!this.needed.some((one) => one.from === from && one.local === local))
      this.needed.push({ name, from, local, isType });
    return local;
  }

  /** A name that nothing else in the file has after the changes. */
  free(name: string, other: string): string {
    const isKept = (one: ts.ImportDeclaration) =>
      this.specifiers(one).some((specifier) => specifier.name.text === name && !this.gone.has(specifier));
    return this.declarations.some(isKept) ? other : name;
  }

  /** Writes what is to change. Once, when all is known. */
  write(): void {
    const kept = this.declarations.filter((one) => !this.isGone(one));
    const homeOf = (needed: Needed) => kept.find((one) => this.takes(one, needed));
    let homeless = this.needed.filter((one) => !homeOf(one));
    for (const declaration of this.declarations) {
      if (kept.includes(declaration))
        this.change(
          declaration,
          this.needed.filter((one) => homeOf(one) === declaration),
        );
      else {
        this.replace(declaration, homeless);
        homeless = [];
      }
    }
    if (homeless.length > 0) this.append(homeless);
  }

  private isGone(declaration: ts.ImportDeclaration): boolean {
    const { importClause: clause } = declaration;
    const specifiers = this.specifiers(declaration);
    const isNamed = specifiers.length > 0;
    if (!clause || !specifiers.every((one) => this.gone.has(one))) return false;
    return clause.name ? this.goneDefaults.has(clause) && (isNamed || !clause.namedBindings) : isNamed;
  }

  private takes(declaration: ts.ImportDeclaration, { from, isType }: Needed): boolean {
    const isOfTypes = declaration.importClause?.isTypeOnly ?? false;
    const isNamed = this.specifiers(declaration).length > 0;
    return isNamed && this.moduleOf(declaration.moduleSpecifier) === from && isOfTypes === isType;
  }

  private change(declaration: ts.ImportDeclaration, added: readonly Needed[]): void {
    const { importClause: clause } = declaration;
    const bindings = clause?.namedBindings;
    if (!clause || !bindings || !this.source.ts.isNamedImports(bindings)) return;
    const { elements } = bindings;
    if (this.goneDefaults.has(clause))
      this.source.edits.put(clause.name!.getStart(), bindings.getStart(), '');
    this.source.remove(
      elements,
      elements.filter((one) => this.gone.has(one)),
    );
    const last = elements.at(-1);
    if (last && added.length > 0)
      this.source.edits.insert(last.getEnd(), `, ${added.map(asWritten).join(', ')}`);
  }

  /** The first import that goes makes room for those that come. */
  private replace(declaration: ts.ImportDeclaration, needed: readonly Needed[]): void {
    if (needed.length > 0) return this.source.replace(declaration, this.lines(needed));
    const { text, ast, edits } = this.source;
    const end = declaration.getEnd();
    const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0].length ?? 0;
    edits.put(declaration.getStart(ast), end + lineEnd, '');
  }

  /** Packages before the app's own files. */
  private append(needed: readonly Needed[]): void {
    const isOwn = (module: string | undefined) => module?.startsWith('.') ?? false;
    const [own, packages] = [true, false].map((is) => needed.filter(({ from }) => isOwn(from) === is));
    const lastPackage = this.declarations.findLast((one) => !isOwn(this.moduleOf(one.moduleSpecifier)));
    this.insert(packages!, lastPackage);
    this.insert(own!, this.declarations.at(-1));
  }

  private insert(needed: readonly Needed[], after: ts.ImportDeclaration | undefined): void {
    const [first] = this.declarations;
    const { ast, edits } = this.source;
    if (needed.length === 0) return;
    if (after) edits.insert(after.getEnd(), `\n${this.lines(needed)}`);
    else if (first) edits.insert(first.getStart(ast), `${this.lines(needed)}\n`);
    else edits.insert(0, `${this.lines(needed)}\n\n`);
  }

  private lines(needed: readonly Needed[]): string {
    const first = this.declarations[0];
    const quote = first ? this.source.textOf(first.moduleSpecifier)[0]! : "'";
    const end = first && !this.source.textOf(first).endsWith(';') ? '' : ';';
    const modules = new Map<string, Needed[]>();
    for (const one of needed.toSorted(byName)) {
      const key = `${one.isType ? 'import type' : 'import'} {} from ${quote}${one.from}${quote}${end}`;
      modules.set(key, [...(modules.get(key) ?? []), one]);
    }
    return [...modules]
      .map(([line, names]) => line.replace('{}', `{ ${names.map(asWritten).join(', ')} }`))
      .join('\n');
  }

  private specifiers(declaration: ts.ImportDeclaration): readonly ts.ImportSpecifier[] {
    const bindings = declaration.importClause?.namedBindings;
    return bindings && this.source.ts.isNamedImports(bindings) ? bindings.elements : [];
  }

  private moduleOf(specifier: ts.Expression): string | undefined {
    return this.source.ts.isStringLiteral(specifier) ? specifier.text : undefined;
  }
}

function byName(one: Needed, other: Needed): number {
  return one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1;
}

function asWritten({ name, local }: Needed): string {
  return name === local ? name : `${name} as ${local}`;
}
