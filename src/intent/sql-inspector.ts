import type { Catalogue } from './catalogue.js';
import { READ_ON_MASTER, settingDiffers } from './differing.js';
import { explainedQuery } from './explained-query.js';
import { type Classification, READ, unproved, write } from './intent.js';
import { NameJudge, type NameListener } from './name-judge.js';
import { isNodeType, nameOf, statementName, typeOf } from './sql-names.js';
import {
  CALLING_STATEMENTS,
  DATA_STATEMENTS,
  PLANNED_NODES,
  PLANNED_STATEMENTS,
  READING_NODES,
} from './sql-nodes.js';
import type { SqlNode } from './sql-parser.js';
import { leavesTogether, statementLeaves } from './transaction-local.js';

const NOTHING: ReadonlySet<string> = new Set();
/** PostgreSQL's own ways of sampling a table; an extension's are functions like any other. */
const OWN_SAMPLING = new Set(['bernoulli', 'system']);
const READ_BY_OWN: Classification = Object.freeze({ ...READ, usesOwn: true });
/** Kinds of `A_Expr` whose name is a keyword instead of an operator. */
const KEYWORD_EXPRESSION = /^AEXPR_(NOT_)?BETWEEN/;

/**
 * What a parsed text does: one statement, of which every node is one that reads, every function, operator, type and
 * relation one that the catalogue calls safe. Without a catalogue they are unproved. `listener` hears of all that a read
 * names, and of less where it is none.
 */
export function inspectSql(
  statements: readonly SqlNode[],
  catalogue: Catalogue | undefined,
  listener?: NameListener,
): Classification {
  if (statements.length !== 1) return several(statements, catalogue);
  if (catalogue?.anythingMayWrite)
    return unproved('an implicit cast or a basic operator of this database is volatile');
  return new SqlInspector(catalogue, listener).statement(statements[0]!);
}

function several(statements: readonly SqlNode[], catalogue: Catalogue | undefined): Classification {
  const found = statements.map((statement) => inspectSql([statement], catalogue));
  const changes = new Set(found.map((one) => one.changesCatalogue));
  const changesCatalogue = changes.has(true) || (changes.has('perhaps') && 'perhaps');
  const leaves = leavesTogether(found.map((one) => one.leaves));
  return write(`there are ${statements.length} statements`, { changesCatalogue, leaves });
}

/** What a statement that is no read does to the catalogue. */
function changeBy(type: string): Classification['changesCatalogue'] {
  if (CALLING_STATEMENTS.has(type)) return 'perhaps';
  return !DATA_STATEMENTS.has(type);
}

/** Walks one statement; stops at the first thing that is no read, and goes on past what is only unproved. */
class SqlInspector {
  private readonly judge: NameJudge;

  /** `runs`: false for what an EXPLAIN only plans, which may then hold what changes data. */
  constructor(
    private readonly catalogue: Catalogue | undefined,
    private readonly listener: NameListener | undefined,
    private readonly runs = true,
  ) {
    this.judge = new NameJudge(catalogue, runs, listener);
  }

  statement(node: SqlNode): Classification {
    const type = typeOf(node);
    const fields = node[type] as SqlNode;
    if (type === 'VariableShowStmt') return settingDiffers(fields['name']) ? READ_ON_MASTER : READ;
    if (type === 'ExplainStmt') return this.explained(fields);
    if (type === 'SelectStmt' || (!this.runs && PLANNED_STATEMENTS.has(type)))
      return this.whole(type, fields);
    const leaves =
      type === 'DeclareCursorStmt'
        ? this.statement(fields['query'] as SqlNode).leaves
        : statementLeaves(type, fields);
    return write(`it is a ${statementName(type)}`, { changesCatalogue: changeBy(type), leaves });
  }

  private explained(explain: SqlNode): Classification {
    const { query, runs } = explainedQuery(explain);
    return runs
      ? this.statement(query)
      : new SqlInspector(this.catalogue, this.listener, false).statement(query);
  }

  private whole(type: string, fields: SqlNode): Classification {
    const found = this.node(type, fields, NOTHING);
    if (found) return found;
    const { atTheEnd, answersDiffer, usesOwn } = this.judge;
    return atTheEnd ?? (answersDiffer ? READ_ON_MASTER : usesOwn ? READ_BY_OWN : READ);
  }

  private select(select: SqlNode, outer: ReadonlySet<string>): Classification | undefined {
    if (this.runs && select['intoClause']) return write('INTO creates a table');
    if (this.runs && select['lockingClause']) return write('it locks rows');
    return this.withTables(select, outer);
  }

  /** The names of CTEs stand for their queries below the statement that has them; until there they mean tables. */
  private withTables(statement: SqlNode, outer: ReadonlySet<string>): Classification | undefined {
    const { withClause, ...rest } = statement as { withClause?: SqlNode };
    if (!withClause) return this.fields(rest, outer);
    const inner = new Set(outer);
    return this.commonTables(withClause, inner) ?? this.fields(rest, inner);
  }

  private commonTables(withClause: SqlNode, names: Set<string>): Classification | undefined {
    const tables = (withClause['ctes'] as readonly { CommonTableExpr: SqlNode }[]).map(
      (table) => table.CommonTableExpr,
    );
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
    if (key === 'typeName') return this.judge.type(value as SqlNode) ?? this.fields(value, names);
    if (key === 'relation' && 'relname' in value) return this.relation(value as SqlNode, names);
    return isNodeType(key) ? this.node(key, value as SqlNode, names) : this.fields(value, names);
  }

  /** `larg` and `rarg` are the sides of a UNION without a type around them, or those of a join with one. */
  private branch(value: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    return Object.keys(value).some(isNodeType) ? this.fields(value, names) : this.select(value, names);
  }

  private node(type: string, node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    if (!READING_NODES.has(type) && (this.runs || !PLANNED_NODES.has(type))) {
      return write(`it holds a ${statementName(type)}`);
    }
    switch (type) {
      case 'SelectStmt':
        return this.select(node, names);
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        return this.withTables(node, names);
      case 'FuncCall':
        return this.judge.call(node) ?? this.fields(node, names);
      case 'A_Expr':
        return this.expression(node, names);
      case 'SubLink':
        return this.judge.operator(node['operName']) ?? this.fields(node, names);
      case 'SortBy':
        return this.judge.operator(node['useOp']) ?? this.fields(node, names);
      case 'RangeVar':
        return this.relation(node, names);
      case 'LockingClause': // it names aliases, not tables
        return undefined;
      case 'RangeFunction':
        this.judge.functionInFrom = true;
        return this.fields(node, names);
      case 'RangeTableSample':
        return this.sampling(node, names);
      case 'TypeName':
        return this.judge.type(node) ?? this.fields(node, names);
      case 'ColumnRef':
        return this.judge.column(node);
      case 'A_Indirection':
        return this.judge.indirection(node) ?? this.fields(node, names);
      default:
        return this.judge.onceFunction(type) ?? this.fields(node, names);
    }
  }

  private expression(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    const operator = KEYWORD_EXPRESSION.test(node['kind'] as string) ? undefined : node['name'];
    return this.judge.operator(operator) ?? this.fields(node, names);
  }

  private relation(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    const name = node['relname'] as string;
    const schema = node['schemaname'] as string | undefined;
    return schema === undefined && names.has(name) ? undefined : this.judge.relation(schema, name);
  }

  private sampling(node: SqlNode, names: ReadonlySet<string>): Classification | undefined {
    const { last } = nameOf(node['method']);
    if (!OWN_SAMPLING.has(last)) return write(`the sampling method ${last} is not PostgreSQL's own`);
    return this.fields(node, names);
  }
}
