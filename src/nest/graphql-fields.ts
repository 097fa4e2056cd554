import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type Context, nestContext } from '../context/context.js';
import { runInContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { type Operation, socketOf } from './handled-by.js';
import { RequestContexts } from './request-contexts.js';
import { ROUTING } from './tokens.js';

type Resolve = (source: unknown, args: unknown, context: unknown, info: Operation) => unknown;

interface SchemaField {
  resolve?: Resolve;
}

interface SchemaType {
  readonly [Symbol.toStringTag]?: string;
  getFields?(): Readonly<Record<string, SchemaField>>;
}

/** As much of a `GraphQLSchema` as is looked at. */
interface Schema {
  getTypeMap(): Readonly<Record<string, SchemaType>>;
  getQueryType(): unknown;
  getMutationType(): unknown;
  getSubscriptionType(): unknown;
}

/** Names of providers of `@nestjs/graphql`, which is not imported here: few apps have it. */
const SCHEMA_HOST = 'GraphQLSchemaHost';
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/**
 * Nest runs interceptors around the root fields of GraphQL alone. The resolvers of the fields below, and the DataLoaders that they
 * ask, run in a balanced context of their operation, which knows what that has seen and written. An app that has Nest run interceptors
 * around fields too (`fieldResolverEnhancers`) has ours there; one that has it run only guards there keeps them, and their
 * fields, without one.
 */
@Injectable()
export class GraphqlFields implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly takeBack: (() => void)[] = [];

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(RequestContexts) private readonly contexts: RequestContexts,
  ) {}

  /** All schemas have been made by now, and nobody has been answered. */
  onApplicationBootstrap(): void {
    for (const { providers } of this.modules.values()) {
      const all = [...providers].map(
        ([token, { instance }]) => [nameOf(token), instance as unknown] as const,
      );
      const host = all.find(([name]) => name === SCHEMA_HOST)?.[1] as { readonly schema: Schema } | undefined;
      const options = all.find(([name]) => name === GRAPHQL_OPTIONS)?.[1] as
        { readonly fieldResolverEnhancers?: readonly string[] } | undefined;
      if (host && !runsNestCode(options?.fieldResolverEnhancers)) this.balance(host.schema);
    }
  }

  /** A schema of the user's own may outlive the app. */
  onApplicationShutdown(): void {
    for (const takeBack of this.takeBack.splice(0).toReversed()) takeBack();
  }

  private balance(schema: Schema): void {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => type[Symbol.toStringTag] === 'GraphQLObjectType' && !roots.includes(type),
    );
    for (const field of types.flatMap((type) => Object.values(type.getFields?.() ?? {}))) {
      const { resolve } = field;
      if (!resolve) continue;
      field.resolve = this.inContext(resolve);
      this.takeBack.push(() => (field.resolve = resolve));
    }
  }

  private inContext(resolve: Resolve): Resolve {
    return (source, args, context, info) => {
      const outer = this.contexts.messages.ofOperation(info, socketOf(context));
      const own = nestContext(outer, { balanced: true, handler: undefined });
      const { marks } = outer.work.seen;
      const value = runInContext(this.routing.name, own, () => resolve(source, args, context, info));
      return isPromise(value) ? value.then((found) => this.told(found, own, marks)) : value;
    };
  }

  /** What is shown goes no sooner than its client can be told that it has seen it. */
  private told(value: unknown, context: Context, marks: number): unknown {
    if (!this.contexts.carries || context.work.seen.marks === marks) return value;
    const telling = this.contexts.tell(context);
    return telling ? telling.then(() => value) : value;
  }
}

function nameOf(token: unknown): unknown {
  return typeof token === 'function' ? token.name : token;
}

function runsNestCode(enhancers: readonly string[] = []): boolean {
  return enhancers.includes('guards') || enhancers.includes('interceptors');
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
