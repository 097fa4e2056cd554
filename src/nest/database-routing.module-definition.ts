import { ConfigurableModuleBuilder, type Provider, Scope } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { createDatabaseRouting } from '../create-database-routing.js';
import type { DatabaseRouting } from '../database-routing.js';
import type { DatabaseRoutingOptions } from '../options/database-routing-options.js';
import { checkObject } from '../options/check.js';
import { DEFAULT_SET } from '../options/default-set.js';
import { BootChecks } from './boot-checks.js';
import { DeclaredWriters } from './declared-writers.js';
import { BoundInterceptors } from './bound-interceptors.js';
import { GraphqlFields } from './graphql-fields.js';
import { JobMethods } from './job-methods.js';
import { MessageBookmarks } from './message-bookmarks.js';
import { nestLogger } from './nest-logger.js';
import { QueueBookmarks } from './queue-bookmarks.js';
import { RequestContexts } from './request-contexts.js';
import { RoutingInterceptor } from './routing.interceptor.js';
import { Sockets } from './sockets.js';
import { ROUTING, getBalancedSessionToken, getDatabaseRoutingToken, getKnexToken } from './tokens.js';

export interface DatabaseRoutingModuleExtras {
  /** Whether other modules inject without importing this one. Default true. */
  isGlobal?: boolean;
  /** The set's name, where the app has several; outside the factory, since tokens are made of it. Default `'default'`. */
  name?: string;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<Omit<DatabaseRoutingOptions, 'name'>>({ moduleName: 'DatabaseRouting' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createDatabaseRoutingOptions')
    .setExtras<DatabaseRoutingModuleExtras>(
      { isGlobal: true, name: DEFAULT_SET },
      (definition, { isGlobal, name }) => ({
        ...definition,
        global: isGlobal,
        providers: [...(definition.providers ?? []), ...providersOf(name ?? DEFAULT_SET)],
        exports: [getDatabaseRoutingToken(name), getKnexToken(name), getBalancedSessionToken(name)],
      }),
    )
    .build();

function providersOf(name: string): Provider[] {
  const inject = [ROUTING];
  return [
    {
      provide: ROUTING,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: DatabaseRoutingOptions) => create(options, name),
    },
    { provide: getDatabaseRoutingToken(name), useExisting: ROUTING },
    { provide: getKnexToken(name), inject, useFactory: ({ knex }: DatabaseRouting) => knex },
    {
      provide: getBalancedSessionToken(name),
      inject,
      useFactory: ({ knex }: DatabaseRouting) => knex,
      scope: Scope.REQUEST,
    },
    {
      provide: RequestContexts,
      inject,
      useFactory: createContexts,
    },
    BootChecks,
    BoundInterceptors,
    JobMethods,
    MessageBookmarks,
    QueueBookmarks,
    Sockets,
    GraphqlFields,
    {
      provide: RoutingInterceptor,
      inject: [ROUTING, RequestContexts],
      useFactory: (routing: DatabaseRouting, contexts: RequestContexts) =>
        new RoutingInterceptor(routing, contexts),
    },
    {
      provide: APP_INTERCEPTOR,
      inject: [RoutingInterceptor],
      useFactory: (interceptor: RoutingInterceptor) => interceptor,
    },
  ];
}

function create(options: DatabaseRoutingOptions, name: string): DatabaseRouting {
  checkObject('', options);
  const set = name === DEFAULT_SET ? '' : `:${name}`;
  const logger = options.logger ?? nestLogger(`DatabaseRouting${set}`);
  return createDatabaseRouting({ ...options, logger, name });
}

function createContexts(routing: DatabaseRouting): RequestContexts {
  return new RequestContexts(routing, new DeclaredWriters(routing.name, routing.options.pin));
}
