import type { Catalogue } from './catalogue.js';
import { functionDiffers, settingDiffers } from './differing.js';
import { type Classification, unproved, write } from './intent.js';
import { mayMakeUnsafeType } from './made-types.js';
import { nameOf, textOf } from './sql-names.js';
import { ONCE_FUNCTIONS } from './sql-nodes.js';
import type { SqlNode } from './sql-parser.js';
import { functionLeaves } from './transaction-local.js';
import { type Verdict, isHeld } from './verdict.js';

/** In FROM it takes any number of arrays, though its only overloads take one; ordered-set aggregates count ORDER BY too. */
const COUNTED_OTHERWISE = new Set(['unnest']);

/** Told of what a statement reads, as it is walked. */
export interface NameListener {
  relation(schema: string | undefined, name: string): void;
  function(schema: string | undefined, name: string, givenArguments?: number): void;
}

/**
 * What the names in one statement stand for, by the catalogue. Each method gives what is no read; what is only doubtful is
 * kept until the statement was walked to its end. Without a catalogue all names are doubtful.
 */
export class NameJudge {
  functionInFrom = false;
  /** It runs what the app has made. */
  usesOwn = false;
  /** Something in it is answered differently on a slave that has caught up. */
  answersDiffer = false;
  private doubt: Classification | undefined;
  /** A write that ends with its transaction. */
  private undone: Classification | undefined;
  /** `x.f` where f(x) is no read, and x is one row or, with a function in FROM, anything. */
  private columnLike: string | undefined;

  constructor(
    private readonly catalogue: Catalogue | undefined,
    private readonly runs: boolean,
    private readonly listener?: NameListener,
  ) {}

  /** What there is to say when all of the statement was looked at; undefined: it only reads. */
  get atTheEnd(): Classification | undefined {
    const name = this.functionInFrom ? this.columnLike : undefined;
    const called =
      name === undefined ? undefined : this.byName(name, this.catalogue?.columnLike(name, 'anything'));
    return called ?? this.undone ?? this.doubt;
  }

  call(node: SqlNode): Classification | undefined {
    const { schema, last } = nameOf(node['funcname']);
    const given = (node['args'] ?? []) as readonly SqlNode[];
    if (this.catalogue?.typesMayWrite && mayMakeUnsafeType(last, given, this.catalogue)) {
      return write(`function ${last} may make a value of a type that does more than read`);
    }
    const count = COUNTED_OTHERWISE.has(last) || node['agg_within_group'] ? undefined : given.length;
    this.listener?.function(schema, last, count);
    if (!this.runs && this.catalogue?.neverPlanned(schema, last, count)) return undefined;
    const verdict = this.catalogue?.function(schema, last, count);
    if (this.catalogue?.isOwn(schema, last, count)) this.usesOwn = true;
    if (functionDiffers(last) || (last === 'current_setting' && settingDiffers(constantOf(given[0])))) {
      this.answersDiffer = true;
    }
    return verdict === 'unsafe'
      ? this.unsafe(schema, last, count)
      : this.judge('function', last, verdict, '');
  }

  /** What a transaction undoes is kept until the statement was walked to its end, in which there may be worse. */
  private unsafe(
    schema: string | undefined,
    name: string,
    given: number | undefined,
  ): Classification | undefined {
    const isOwn = this.catalogue?.isOwn(schema, name, given) === true;
    const leaves = functionLeaves(name, isOwn);
    const because = `function ${name} ${this.catalogue?.whyUnsafe(name)}`;
    const found = write(because, { changesCatalogue: isOwn && 'perhaps', leaves });
    if (leaves === 'unknown') return found;
    if (this.undone?.leaves !== 'locks') this.undone = found;
    return undefined;
  }

  onceFunction(type: string): Classification | undefined {
    const unsafe = ONCE_FUNCTIONS[type]?.find((name) =>
      isHeld(this.catalogue?.function(undefined, name) ?? 'unknown'),
    );
    if (unsafe === undefined) return undefined;
    return this.judge('function', unsafe, this.catalogue?.function(undefined, unsafe), 'is volatile');
  }

  operator(name: unknown): Classification | undefined {
    if (!name) return undefined;
    const { schema, last } = nameOf(name);
    return this.judge('operator', last, this.catalogue?.operator(schema, last), 'is volatile');
  }

  type(node: SqlNode): Classification | undefined {
    const { schema, last } = nameOf(node['names']);
    if (!this.catalogue && schema === 'pg_catalog') return undefined;
    return this.judge('type', last, this.catalogue?.type(last), 'has a volatile cast, input or check');
  }

  /** `t.f` is a column of t or a call of f(t). */
  column(node: SqlNode): Classification | undefined {
    const fields = node['fields'] as readonly SqlNode[];
    const name = fields.length > 1 ? textOf(fields.at(-1)) : '';
    const ofRow = this.byName(name, this.catalogue?.columnLike(name, 'row'));
    if (!ofRow && isHeld(this.catalogue?.columnLike(name, 'anything') ?? 'unknown')) this.columnLike ??= name;
    return ofRow;
  }

  /** `(x).f` is a field of x or a call of f(x), whatever x is. */
  indirection(node: SqlNode): Classification | undefined {
    for (const step of node['indirection'] as readonly SqlNode[]) {
      const name = textOf(step);
      const called = this.byName(name, this.catalogue?.columnLike(name, 'anything'));
      if (called) return called;
      if (!this.catalogue && name) this.awaits(`.${name}`);
    }
    return undefined;
  }

  private byName(name: string, verdict: Verdict | undefined): Classification | undefined {
    if (verdict === 'unsafe') return write(callsByName(name));
    if (verdict === 'doubtful') this.doubtful(callsByName(name));
    if (verdict === 'awaited') this.awaits(name);
    return undefined;
  }

  private judge(
    what: string,
    name: string,
    verdict: Verdict | undefined,
    why: string,
  ): Classification | undefined {
    if (verdict === 'unsafe') return write(`${what} ${name} ${why}`);
    if (verdict === 'doubtful') this.doubtful(`${what} ${name} may do more than read`);
    if (verdict === 'unknown') this.doubt ??= unproved(`${what} ${name} is unknown`, { namesUnknown: true });
    if (!verdict || verdict === 'awaited') this.awaits(`the ${what} ${name}`);
    return undefined;
  }

  private doubtful(because: string): void {
    this.doubt ??= unproved(because);
  }

  private awaits(what: string): void {
    const because = `the catalogue is not there yet to tell what ${what} does`;
    this.doubt ??= unproved(because, { awaitsCatalogue: true });
  }

  relation(schema: string | undefined, name: string): Classification | undefined {
    this.listener?.relation(schema, name);
    const verdict = this.catalogue?.relation(schema, name);
    if (this.catalogue?.differs(schema, name)) this.answersDiffer = true;
    if (this.catalogue?.sqlIn(schema, name).length) this.usesOwn = true;
    return this.judge('relation', name, verdict, 'is not on slaves or does more than read');
  }
}

/** `'text'`, as it stands in the SQL. */
function constantOf(node: SqlNode | undefined): unknown {
  const constant = node?.['A_Const'] as SqlNode | undefined;
  return (constant?.['sval'] as SqlNode | undefined)?.['sval'];
}

function callsByName(name: string): string {
  return `${name} may be a call of the volatile function of that name`;
}
