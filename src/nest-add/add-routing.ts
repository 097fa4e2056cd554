import type ts from 'typescript';
import type { App } from './app.js';
import type { AppFile } from './app-file.js';
import { ENV_EXAMPLE, envExample } from './env-example.js';
import { FROM_ENV, OUR_NAME } from './knex-options.js';
import { Left } from './left.js';
import { KNEX_PACKAGES, type KnexPackage } from './knex-packages.js';
import { renameImports } from './names.js';
import { type MadeKnex, knexesMadeIn } from './providers.js';
import { replaceProvider } from './replace-provider.js';
import { type Registration, moveRegistration, registrationsIn } from './registrations.js';
import { importsOf, rootModule } from './root-module.js';

/** Something that was left as it is, for the user to see to. */
export interface LeftAsItIs {
  readonly path: string;
  /** In the file as it is in `changed`, from 1. */
  readonly line?: number;
  readonly why: string;
}

const MODULE = 'DatabaseRoutingModule';

/** What becomes of an app: one module of ours, from the environment or in place of the one Knex that the app has. */
export class AddRouting {
  /** By their paths, as they are to be. */
  readonly changed = new Map<string, string>();
  /** Packages that nothing imports any more. */
  readonly unneeded: string[] = [];
  /** Whether the environment names the master, and not the app's code. */
  isMasterInEnv = true;
  /** Whether the module was there before. */
  readonly wasThere: boolean;

  private readonly leaving: { readonly source?: AppFile; readonly node?: ts.Node; readonly why: string }[] =
    [];
  private readonly registrations: readonly Registration[];
  private readonly made: readonly MadeKnex[];
  private moved: KnexPackage | undefined;

  constructor(private readonly app: App) {
    const own = app.sources.filter(({ isTest }) => !isTest);
    this.registrations = app.sources.flatMap(registrationsIn);
    this.made = own.flatMap(knexesMadeIn);
    this.wasThere = own.some(hasOurModule);
    if (!this.wasThere && !this.moveTheOne()) this.addModule();
    this.leaveOthers();
    for (const one of KNEX_PACKAGES) this.finish(one);
    this.write();
  }

  /** What was left, once the changes are known. */
  get left(): LeftAsItIs[] {
    return this.leaving.map(({ source, node, why }) =>
      source && node
        ? { path: source.path, line: source.lineOf(node), why }
        : { path: this.app.entryFile, why },
    );
  }

  /** Whether the app had one Knex, and it is ours now. */
  private moveTheOne(): boolean {
    const [one, ...others] = this.candidates();
    if (!one || others.length > 0) return false;
    const options = 'of' in one ? moveRegistration(one) : replaceProvider(this.app, one);
    if (options instanceof Left) {
      this.leave(one.source, options);
      return false;
    }
    this.isMasterInEnv = options.isMasterInEnv;
    if ('of' in one) this.moved = one.of;
    return true;
  }

  private candidates(): (Registration | MadeKnex)[] {
    const registered = this.registrations.filter(({ source, isDefault }) => isDefault && !source.isTest);
    return [...registered, ...this.made.filter(({ provider }) => !(provider instanceof Left))];
  }

  private addModule(): void {
    const root = rootModule(this.app);
    const put = root && importsOf(root);
    if (!put) this.leaving.push({ why: `no root module was found to import ${MODULE}` });
    else if (put instanceof Left) this.leave(root.source, put);
    else {
      put(
        `${root.source.imports.need(OUR_NAME, MODULE)}.forRootAsync({\n  useFactory: () => ${FROM_ENV},\n})`,
      );
      root.source.imports.need(OUR_NAME, 'optionsFromEnv');
    }
  }

  private leaveOthers(): void {
    for (const { source, provider } of this.made) if (provider instanceof Left) this.leave(source, provider);
    const candidates = this.candidates();
    if (!this.wasThere && candidates.length < 2) return;
    const why = this.wasThere
      ? `${MODULE} is there already, and this Knex beside it`
      : `the app has ${candidates.length} Knexes, and which of them is to be routed can't be told`;
    for (const { source, call } of candidates) this.leave(source, new Left(call, why));
  }

  /** What tests register, and all names of a package whose Knex is ours now. */
  private finish(of: KnexPackage): void {
    const { sources } = this.app;
    const users = sources.filter(({ imports }) => imports.from(of.from).length > 0);
    const registered = this.registrations.filter((one) => one.of === of && one.isDefault);
    const isMoved = this.moved === of || (this.wasThere && registered.every(({ source }) => source.isTest));
    if (!isMoved && registered.length > 0) return;
    for (const one of registered.filter(({ source }) => source.isTest)) {
      const options = moveRegistration(one);
      if (options instanceof Left) this.leave(one.source, options);
    }
    for (const user of users) {
      const nodes: readonly ts.Node[] = isMoved ? renameImports(user, of) : user.imports.from(of.from);
      const why = isMoved
        ? 'it is of another connection, or has no counterpart here'
        : 'where its Knex is registered was not found';
      for (const node of nodes) this.leave(user, new Left(node, `${asSeen(user, node)} stays: ${why}`));
    }
    const others = sources.flatMap((source) => otherUses(source, of).map((node) => ({ source, node })));
    for (const { source, node } of others)
      this.leave(
        source,
        new Left(node, `${asSeen(source, node)} stays: only what is imported by name is moved`),
      );
    const isWithout = users.every(({ imports }) => imports.isWithout(of.from));
    if (users.length > 0 && isWithout && others.length === 0) this.unneeded.push(of.from);
  }

  private leave(source: AppFile, { node, why }: Left): void {
    this.leaving.push({ source, node, why });
  }

  private write(): void {
    for (const source of this.app.sources) {
      source.imports.write();
      if (!source.edits.isEmpty) this.changed.set(source.path, source.result());
    }
    if (this.wasThere) return; // then the variables are the user's own affair
    const { tree } = this.app;
    const before = tree.exists(ENV_EXAMPLE) ? tree.readText(ENV_EXAMPLE) : '';
    const after = envExample(before, this.isMasterInEnv);
    if (after !== before) this.changed.set(ENV_EXAMPLE, after);
  }
}

/** `require`, `import()`, `export … from` and mocks of a package. */
function otherUses(source: AppFile, { from }: KnexPackage): ts.Node[] {
  const { ts } = source;
  const texts = source.all((node) => ts.isStringLiteralLike(node)).filter(({ text }) => text === from);
  return texts.filter(({ parent }) => !ts.isImportDeclaration(parent));
}

/** A name with what it is called with, or the first line of what else it is. */
function asSeen(source: AppFile, node: ts.Node): string {
  const call = source.ts.isCallExpression(node.parent) ? node.parent : node;
  return source.textOf(call).split('\n')[0]!;
}

function hasOurModule(source: AppFile): boolean {
  const { ts } = source;
  const names = source.imports.named(OUR_NAME).filter(({ imported }) => imported === MODULE);
  return names.some(({ local }) =>
    source.uses(local).some(({ parent }) => ts.isPropertyAccessExpression(parent)),
  );
}
