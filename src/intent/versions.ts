import type { CatalogueRows } from './catalogue-rows.js';

/** What the app, or an extension, has made and a query runs: by name, whatever the schema. */
export interface OwnNames {
  readonly functions: ReadonlySet<string>;
  /** Relations with SQL in them: views, and tables with policies. */
  readonly relations: ReadonlySet<string>;
}

/** What a read was judged by: the same question gets this answer from a server that has the same functions and views. */
export interface KnownVersions {
  /** Arrays, as the server takes them. */
  readonly functions: string;
  readonly relations: string;
  readonly answer: string;
}

const list = (row: string) => `string_agg(${row}.oid || ':' || ${row}.xmin, ' ' order by ${row}.oid)`;

/**
 * Asked of a server by index, with the names of functions and the oids of relations: some 0.1 ms. Each row has the number of the
 * transaction that wrote it last, which is the same on a physical copy.
 */
export const versionsSql = (functions: string, relations: string) => `concat_ws('/',
  (select ${list('p')} from pg_catalog.pg_proc p where p.proname = any(${functions}::name[])),
  (select ${list('w')} from pg_catalog.pg_rewrite w where w.ev_class = any(${relations}::oid[])),
  (select ${list('l')} from pg_catalog.pg_policy l where l.polrelid = any(${relations}::oid[])))`;

/** Versions by name, as the catalogue was read. */
export class Versions {
  private readonly functions = new Map<string, string[]>();
  private readonly oids = new Map<string, string[]>();
  private readonly rules = new Map<string, string[]>();
  private readonly policies = new Map<string, string[]>();

  constructor({ functions, versions }: Pick<CatalogueRows, 'functions' | 'versions'>) {
    for (const { name, version } of functions) add(this.functions, name, version);
    for (const [name, oid, rules, policies] of versions) {
      add(this.oids, name, oid);
      add(this.rules, name, rules);
      add(this.policies, name, policies);
    }
  }

  /** Another one after each change of a function of that name; empty where there is none. */
  of(name: string): string {
    return together(this.functions, [name]) ?? '';
  }

  known({ functions, relations }: OwnNames): KnownVersions {
    const parts = [
      together(this.functions, functions),
      together(this.rules, relations),
      together(this.policies, relations),
    ];
    const answer = parts.filter((part) => part !== undefined).join('/');
    const oids = [...relations].flatMap((name) => this.oids.get(name) ?? []);
    return { functions: arrayOf(functions), relations: arrayOf(oids), answer };
  }
}

function add(lists: Map<string, string[]>, name: string, versions: string | null): void {
  if (versions) lists.set(name, [...(lists.get(name) ?? []), ...versions.split(' ')]);
}

/** In the order of their oids; undefined where there are none. */
function together(lists: ReadonlyMap<string, string[]>, names: Iterable<string>): string | undefined {
  const all = [...names].flatMap((name) => lists.get(name) ?? []);
  const oid = (version: string) => Number(version.split(':')[0]);
  return all.length > 0 ? all.toSorted((one, other) => oid(one) - oid(other)).join(' ') : undefined;
}

function arrayOf(names: Iterable<string>): string {
  return `{${[...names].map((name) => `"${name.replace(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}
