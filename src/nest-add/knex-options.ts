import type ts from 'typescript';
import { Edits } from './edits.js';
import { Left } from './left.js';
import type { Source } from './source.js';

export const OUR_NAME = 'nestjs-database-routing';

/** Our options, made of a configuration of Knex's. */
export interface RoutingOptions {
  /** An expression. */
  readonly text: string;
  /** A statement that it needs before it. */
  readonly before?: string;
  /** Whether the environment names the master, rather than the code. */
  readonly isMasterInEnv: boolean;
}

export const FROM_ENV = 'optionsFromEnv(process.env)';

const POSTGRES = new Set(['pg', 'postgres', 'postgresql']);

/** What `optionsFromEnv` reads the master's address from by itself. */
const MASTER_VARIABLES =
  /^process\.env(?:\.|\[['"])(?:DATABASE_URL|DATABASE_MASTER_URL)(?:['"]\])?!?(?: as string)?$/;

/**
 * The environment's options, and over them what the app's code says of its Knex: it connects to the same server as before, with
 * the same pool and the same mappers.
 */
export function optionsOf(source: Source, config: ts.Expression): RoutingOptions | Left {
  const { ts } = source;
  const bare = source.bare(config);
  if (!ts.isObjectLiteralExpression(bare)) return optionsOfAny(source, config, source.textOf(config));
  const client = source.bare(source.valueOf(source.property(bare, 'client')) ?? bare);
  if (ts.isStringLiteralLike(client) && !POSTGRES.has(client.text))
    return new Left(client, `it is a Knex on ${client.text}; only those on PostgreSQL are moved`);
  const isPlain = bare.properties.every((one) => one.name && source.nameOf(one.name) !== undefined);
  if (!isPlain) return optionsOfAny(source, config, source.textOf(config));
  return optionsOfLiteral(source, bare, client);
}

/** Of any expression that is a configuration of Knex's, given as text. */
export function optionsOfAny(source: Source, node: ts.Expression, text: string): RoutingOptions | Left {
  const { ts } = source;
  const isTaken = ({ text: name }: ts.Identifier) => name === 'connection' || name === 'shared';
  const taken = source.all(ts.isIdentifier, node).find((one) => isTaken(one) && !hasOwnMeaning(source, one));
  if (taken) return new Left(taken, `it uses a variable '${taken.text}', a name that is needed here`);
  return {
    before: `const { connection, ...shared } = ${text};`,
    text: `{ ...${FROM_ENV}, ...shared, master: { connection } }`,
    isMasterInEnv: false,
  };
}

/** As a property's name it is no variable. */
function hasOwnMeaning({ ts }: Source, one: ts.Identifier): boolean {
  const { parent } = one;
  return (ts.isPropertyAssignment(parent) || ts.isPropertyAccessExpression(parent)) && parent.name === one;
}

function optionsOfLiteral(
  source: Source,
  literal: ts.ObjectLiteralExpression,
  client: ts.Expression,
): RoutingOptions {
  const { properties } = literal;
  const edits = new Edits();
  const connection = source.property(literal, 'connection');
  const address = source.valueOf(connection);
  const isMasterInEnv =
    connection === undefined || MASTER_VARIABLES.test(address ? source.textOf(address) : '');
  const gone = properties.filter(
    (one) =>
      (source.ts.isStringLiteralLike(client) && one === client.parent) ||
      (isMasterInEnv && one === connection),
  );
  const rest = properties.filter((one) => !gone.includes(one));
  if (rest.length === 0) return { text: FROM_ENV, isMasterInEnv };
  source.remove(properties, gone, edits);
  const [first] = properties;
  const start = first!.getStart(source.ast);
  const gap = source.text.slice(literal.getStart(source.ast) + 1, start);
  edits.insert(start, `...${FROM_ENV},${gap.includes('\n') ? gap.slice(gap.lastIndexOf('\n')) : ' '}`);
  if (connection && !isMasterInEnv)
    edits.put(connection.getStart(source.ast), connection.getEnd(), masterOf(source, connection));
  return { text: edits.applyTo(source.text, literal.getStart(source.ast), literal.getEnd()), isMasterInEnv };
}

function masterOf(source: Source, connection: ts.ObjectLiteralElementLike): string {
  const value = source.valueOf(connection);
  if (!value || !source.ts.isObjectLiteralExpression(value) || !source.textOf(value).includes('\n'))
    return `master: { ${source.textOf(connection)} }`;
  const indent = source.indentOf(connection);
  return `master: {\n${indent}  ${deeper(source.textOf(connection), '  ')},\n${indent}}`;
}

/** The text with all its lines but the first one moved to the right. */
function deeper(text: string, by: string): string {
  return text.replaceAll(/\n(?=[^\n])/g, `\n${by}`);
}
