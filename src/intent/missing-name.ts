/** What a server's catalogue holds, each with names of its own. */
export type NameKind = 'relation' | 'column' | 'function' | 'operator' | 'type' | 'schema';

/** A name that a server did not find. */
export interface MissingName {
  readonly kind: NameKind;
  /** As the catalogue spells it, without its schema. */
  readonly name: string;
}

/** undefined_table, undefined_column, undefined_function, undefined_object, invalid_schema_name. */
const KINDS: Readonly<Record<string, NameKind>> = {
  '42P01': 'relation',
  '42703': 'column',
  '42883': 'function',
  '42704': 'type',
  '3F000': 'schema',
};

const PART = /"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/uy;
const OPERATOR = /[-+*/<>=~!@#%^&|`?]+/y;

/** What of the driver's error tells it: the server's message is in the server's language. */
interface ServerError {
  readonly code?: unknown;
  /** Counted in characters, from 1, in the query or in the one that a function of the server's ran. */
  readonly position?: unknown;
  readonly internalPosition?: unknown;
  readonly internalQuery?: unknown;
}

/** Whether a server may have missed a name. */
export function mayMissName(error: unknown): boolean {
  const { code } = (error ?? {}) as ServerError;
  return typeof code === 'string' && code in KINDS;
}

/** The name that a server misses, by its error and the SQL that was sent; undefined for any other error. */
export function missingName(error: unknown, sql: string): MissingName | undefined {
  const { code, position, internalPosition, internalQuery } = (error ?? {}) as ServerError;
  const kind = typeof code === 'string' ? KINDS[code] : undefined;
  if (!kind) return undefined;
  const isInside = typeof internalQuery === 'string' && internalPosition !== undefined;
  const at = Number(isInside ? internalPosition : position);
  if (!(at >= 1)) return undefined;
  const text = Array.from(isInside ? internalQuery : sql).slice(at - 1);
  return nameIn(text.join(''), kind);
}

function nameIn(text: string, kind: NameKind): MissingName | undefined {
  const operator = matchAt(OPERATOR, text, 0);
  if (operator) return kind === 'function' ? { kind: 'operator', name: operator } : undefined;
  const path = pathIn(text.startsWith("'") ? text.slice(1) : text); // 'posts'::regclass
  const name = kind === 'schema' ? path[0] : path.at(-1);
  return name === undefined ? undefined : { kind, name };
}

/** `a."B".c`, each part as the catalogue spells it. */
function pathIn(text: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; ; at++) {
    const part = matchAt(PART, text, at);
    if (!part) return parts;
    parts.push(part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase());
    at += part.length;
    if (text[at] !== '.') return parts;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
