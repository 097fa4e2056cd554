import type { Catalogue, Verdict } from './catalogue.js';
import { type Classification, READ, unproved, write } from './intent.js';
import { DATA_STATEMENTS, READING_NODES } from './sql-nodes.js';
import type { SqlNode } from './sql-parser.js';

const NOTHING: ReadonlySet<string> = new Set();

/** PostgreSQL's own ways of sampling a table; an extension's are functions like any other. */
const OWN_SAMPLING = new Set(['bernoulli', 'system']);

/** Kinds of `A_Expr` whose name is a keyword instead of an operator. */
const KEYWORD_EXPRESSION = /^AEXPR_(NOT_)?BETWEEN/;

/**
 * What a parsed text does: one statement, of which every node is one that reads, every function, operator, type and
 * relation one that the catalogue calls safe. Without a catalogue, functions are unproved.
 */
export function inspectSql(statements: readonly SqlNode[], catalogue: Catalogue | undefined): Classification {
  if (statements.length !== 1) return severalStatements(statements);
  if (catalogue?.anythingMayWrite) return unproved('an implicit cast or a basic operator of this database is volatile');
  return new SqlInspector(catalogue).statement(statements[0]!);
}

function severalStatements(statements: readonly SqlNode[]): Classification {
  const changesCatalogue = statements.some((statement) => !DATA_STATEMENTS.has(Object.keys(statement)[0] ?? ''));
  return write(`there are ${statements.length} statements`, { changesCatalogue });
}

/** Walks one statement; stops at the first thing that is no read, and goes on past what is only unproved. */
class SqlInspector {
  private doubt: Classification | undefined;

  constructor(private readonly catalogue: Catalogue | undefined) {}

  statement(node: SqlNode): Classification {
    const type = Object.keys(node)[0] ?? 'nothing';
    const fields = node[type] as SqlNode;
    if (type === 'VariableShowStmt') return READ;
    if (type === 'ExplainStmt') return this.statement(fields['query'] as SqlNode);
    if (type !== 'SelectStmt') return write(`it is a ${statementName(type)}`, { changesCatalogue: !DATA_STATEMENTS.has(type) });
    return this.select(fields, NOTHING) ?? this.doubt ?? READ;
  }

  /** The names of CTEs stand for their queries below the statement that has them; until there they mean tables. */
  private select(select: SqlNode, outer: ReadonlySet<string>): Classification | undefined {
    if (select['intoClause']) return write('INTO creates a table');
    if (select['lockingClause']) return write('it locks rows');
    const { withClause, ...rest } = select as { withClause?: SqlNode };
    if (!withClause) return this.fields(rest, outer);
    const inner = new Set(outer);
    return this.commonTables(withClause, inner) ?? this.fields(rest, inner);
  }

  private commonTables(withClause: SqlNode, names: Set<string>): Classification | undefined {
    const tables = (withClause['ctes'] as readonly { CommonTableExpr: SqlNode }[]).map((table) => table.CommonTableExpr);
    if (withClause['recursive']) for (const table of tables) names.add(table['ctename'] as string);
    for (const table of tables) {
      const found = this.fields(table, names);
      if (found) return found;
      names.add(table['ctename'] as string);
    }
    return undefined;
  }

  private fields(value: unknown, names: ReadonlySet<string>): Classification | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    for (const key in value) {
      const found = this.field(key, (value as SqlNode)[key], names);
      if (found) return found;
    }
    return undefined;
  }

  private field(key: string, value: unknown, names: ReadonlySet<string>): Classification | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (key === 'larg' || key === 'rarg') return this.branch(value as SqlNode, names);
    if (key === 'typeName') return this.type(value as SqlNode) ?? this.fields(value, names);
    return isNodeType(key) ? this.node(key, value as SqlNode, names) : this.fields(value, names);
  }

  /** `larg` and `rarg` are the sides of a UNION without a type around them, or those of a join with one. */
  private branch(value: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    return Object.keys(value).some(isNodeType) ? this.fields(value, names) : this.select(value, names);
  }

  private node(type: string, node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    if (!READING_NODES.has(type)) return write(`it holds a ${statementName(type)}`);
    switch (type) {
      case 'SelectStmt':
        return this.select(node, names);
      case 'FuncCall':
        return this.named('function', node['funcname'], names, node);
      case 'A_Expr':
        return this.expression(node, names);
      case 'SubLink':
        return this.operator(node['operName']) ?? this.fields(node, names);
      case 'SortBy':
        return this.operator(node['useOp']) ?? this.fields(node, names);
      case 'RangeVar':
        return this.relation(node, names);
      case 'RangeTableSample':
        return this.sampling(node, names);
      case 'TypeName':
        return this.type(node) ?? this.fields(node, names);
      case 'ColumnRef':
        return this.column(node);
      case 'A_Indirection':
        return this.indirection(node, names);
      default:
        return this.fields(node, names);
    }
  }

  private named(what: 'function', name: unknown, names: ReadonlySet<string>, node: SqlNode): Classification | undefined {
    const { schema, last } = nameOf(name);
    if (!this.catalogue) this.doubtful(`the catalogue is not there yet to tell what the ${what} ${last} does`);
    const verdict = this.catalogue?.function(schema, last) ?? 'safe';
    return this.judge(what, last, verdict, 'is volatile') ?? this.fields(node, names);
  }

  private expression(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    const operator = KEYWORD_EXPRESSION.test(node['kind'] as string) ? undefined : node['name'];
    return this.operator(operator) ?? this.fields(node, names);
  }

  private operator(name: unknown): Classification | undefined {
    if (!name || !this.catalogue) return undefined;
    const { schema, last } = nameOf(name);
    return this.judge('operator', last, this.catalogue.operator(schema, last), 'is volatile');
  }

  private relation(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    const name = node['relname'] as string;
    const schema = node['schemaname'] as string | undefined;
    if (!this.catalogue || (schema === undefined && names.has(name))) return undefined;
    return this.judge('relation', name, this.catalogue.relation(schema, name), 'is not on slaves or does more than read');
  }

  private sampling(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    const { last } = nameOf(node['method']);
    if (!OWN_SAMPLING.has(last)) return write(`the sampling method ${last} is not PostgreSQL's own`);
    return this.fields(node, names);
  }

  private type(node: SqlNode): Classification | undefined {
    const { last } = nameOf(node['names']);
    return this.judge('type', last, this.catalogue?.type(last) ?? 'safe', 'has a volatile cast, input or check');
  }

  /** `t.f` is a column of t or a call of f(t). */
  private column(node: SqlNode): Classification | undefined {
    const fields = node['fields'] as readonly SqlNode[];
    return fields.length > 1 ? this.columnLike(fields.at(-1)) : undefined;
  }

  private indirection(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    for (const step of node['indirection'] as readonly SqlNode[]) {
      const found = this.columnLike(step);
      if (found) return found;
    }
    return this.fields(node, names);
  }

  private columnLike(field: SqlNode | undefined): Classification | undefined {
    const name = textOf(field);
    if (!this.catalogue?.columnLikeFunctions.has(name)) return undefined;
    return write(`${name} may be a call of a volatile function of that name`);
  }

  private judge(what: string, name: string, verdict: Verdict, why: string): Classification | undefined {
    if (verdict === 'unsafe') return write(`${what} ${name} ${why}`);
    if (verdict === 'unknown') this.doubtful(`${what} ${name} is unknown`);
    return undefined;
  }

  private doubtful(because: string): void {
    this.doubt ??= unproved(because);
  }
}

function isNodeType(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** Names come as lists of strings: `[schema, name]`, `[name]`, or with a catalogue in front. */
function nameOf(list: unknown): { schema: string | undefined; last: string } {
  const parts = (list as readonly SqlNode[] | undefined)?.map(textOf) ?? [];
  return { schema: parts.at(-2), last: parts.at(-1) ?? '' };
}

function textOf(node: SqlNode | undefined): string {
  return (node?.['String'] as { sval?: string } | undefined)?.sval ?? '';
}

/** `InsertStmt` reads as INSERT, `CreateTableAsStmt` as CREATE TABLE AS. */
function statementName(type: string): string {
  return type
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}
