import type { Engine } from '../engines/engine.js';
import { type KnexConnection, clientOf, sever } from '../knex-internals.js';
import { TIMEOUT, type Deadline } from './deadline.js';
import type { Failure } from './facts.js';

/** A balancer leads several connections to several servers, mostly. */
const CONNECTIONS = 4;
/** A connection that fails so late, and without a code, has met the driver's own limit. */
const LATE_MS = 1_000;

type Outcome = { readonly connection: KnexConnection } | { readonly failure: Failure };

export interface Opened {
  readonly connections: readonly KnexConnection[];
  /** Of those that could not be made, the first one's. */
  readonly failure: Failure | undefined;
  /** How many could not be made. */
  readonly failed: number;
  close(): void;
}

/** Connections beside the engine's pool. A pool of the app's own makes its connections itself, so that one is borrowed there. */
export async function openSeveral({ knex }: Engine, deadline: Deadline): Promise<Opened> {
  const client = clientOf(knex);
  const isBorrowed = client.config.connectionPool !== undefined;
  const close = (connection: KnexConnection) =>
    isBorrowed ? void client.releaseConnection(connection) : sever(connection);
  const openOne = async (): Promise<Outcome> => {
    const leftMs = deadline.leftMs;
    const opening = isBorrowed ? client.acquireConnection() : client.acquireRawConnection();
    try {
      return { connection: await deadline.within(opening) };
    } catch (error) {
      void opening.then(close, () => undefined); // it may come yet
      const failure = failureOf(error);
      const isLate = failure.code === '' && leftMs - deadline.leftMs > LATE_MS;
      return { failure: isLate ? { ...failure, code: TIMEOUT } : failure };
    }
  };
  const outcomes = await Promise.all(Array.from({ length: isBorrowed ? 1 : CONNECTIONS }, openOne));
  const connections = outcomes.flatMap((outcome) => ('connection' in outcome ? outcome.connection : []));
  const failures = outcomes.flatMap((outcome) => ('failure' in outcome ? outcome.failure : []));
  return {
    connections,
    failure: failures[0],
    failed: failures.length,
    close: () => connections.forEach(close),
  };
}

/** A host with several addresses fails once for each. */
export function failureOf(error: unknown): Failure {
  const [first = error] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const { code = '', message = '' } = (first ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return { code: String(code), message: String(message) };
}
