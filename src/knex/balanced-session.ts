import type { Knex } from 'knex';
import type { SessionMethods } from './session-methods.js';

/** The request's session: a Knex that sends each query where it belongs. Inject it by its class. */
export interface BalancedSession extends Knex, SessionMethods {}

/**
 * Token and type of the request-scoped session. It is a Knex function, never an instance of this class; write
 * `constructor(private readonly db: BalancedSession) {}`.
 */
export abstract class BalancedSession {}
