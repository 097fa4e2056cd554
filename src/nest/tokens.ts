import { Inject, type InjectionToken } from '@nestjs/common';
import { DatabaseRouting } from '../database-routing.js';
import { DEFAULT_SET } from '../options/default-set.js';
import { BalancedSession } from '../knex/balanced-session.js';

/** What the module itself calls its set's service, whatever the set's name. */
export const ROUTING = Symbol('the routing of this module');

/** Token of a set's service; the class itself for the default set. */
export function getDatabaseRoutingToken(name: string = DEFAULT_SET): InjectionToken<DatabaseRouting> {
  return name === DEFAULT_SET ? DatabaseRouting : `DatabaseRouting:${name}`;
}

/** Token of a set's request-scoped session; the class itself for the default set. */
export function getBalancedSessionToken(name: string = DEFAULT_SET): InjectionToken<BalancedSession> {
  return name === DEFAULT_SET ? BalancedSession : `BalancedSession:${name}`;
}

/** Token of a set's routed Knex. */
export function getKnexToken(name: string = DEFAULT_SET): InjectionToken {
  return `Knex:${name}`;
}

/**
 * The routed Knex as a singleton. Routes as `BalancedSession` does, without the cost of request scope: for hot paths and
 * for what can't be request-scoped (Passport strategies, gateways, cron).
 */
export const InjectKnex = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getKnexToken(name));

/** The session of a set that has a name. */
export const InjectBalancedSession = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getBalancedSessionToken(name));

/** The service of a set that has a name. */
export const InjectDatabaseRouting = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getDatabaseRoutingToken(name));
