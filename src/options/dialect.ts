import type { Knex } from 'knex';
import { InvalidOptionsError } from '../errors.js';

/** What a class of Knex's clients says of itself. */
interface ClientClass {
  readonly prototype: { readonly driverName?: unknown };
}

const POSTGRES_CLIENTS: ReadonlySet<unknown> = new Set(['pg', 'postgres', 'postgresql']);

/** Databases that Knex talks to and that have no slaves in this sense. By Knex's names of client and of driver. */
const REFUSED = new Map<unknown, string>([
  [
    'cockroachdb',
    'CockroachDB has no slaves that follow a log: all of its nodes take reads and writes. Use Knex alone, with a load balancer over the nodes.',
  ],
  [
    'redshift',
    'Redshift has no slaves that follow a log, and tells no positions. Use Knex alone, with one endpoint.',
  ],
]);

/** What says nothing on databases that are not PostgreSQL, where engines are not watched and tell no positions. */
const OF_POSTGRES = ['health', 'failover', 'masterBudget', 'retryWrites', 'hedge'] as const;

type DialectOptions = Pick<Knex.Config, 'client' | 'dialect'> &
  Partial<Record<(typeof OF_POSTGRES)[number] | 'consistency', unknown>>;

/** Throws `InvalidOptionsError` for a database that does not fit, and for options that have no effect on it. */
export function checkDialect(options: DialectOptions): void {
  const driver = driverOf(options);
  const refused = REFUSED.get(driver);
  if (refused !== undefined)
    throw new InvalidOptionsError(`client '${String(driver)}' is refused. ${refused}`);
  if (POSTGRES_CLIENTS.has(driver)) return;
  const idle: string | undefined = OF_POSTGRES.find((key) => options[key] !== undefined);
  if (idle !== undefined) throw withoutEffect(idle, idle);
  if (typeof options.consistency === 'object') throw withoutEffect('consistency: bounded(…)', 'the bound');
}

/** An option, or a part of it, that says nothing on this database. */
export function withoutEffect(what: string, part: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `${what} has no effect here: only PostgreSQL tells how far its slaves are and how they do. Leave ${part} out.`,
  );
}

/** A class may be the app's own, made of one of Knex's. */
function driverOf({ client, dialect }: DialectOptions): unknown {
  const named: unknown = client ?? dialect;
  if (typeof named !== 'function') return named;
  const { driverName } = (named as unknown as ClientClass).prototype;
  return driverName === 'pg-redshift' ? 'redshift' : driverName;
}
