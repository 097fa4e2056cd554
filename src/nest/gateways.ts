import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { nestVersion } from './nest-check.js';
import { RequestContexts } from './request-contexts.js';
import { RoutingInterceptor } from './routing.interceptor.js';
import { ROUTING } from './tokens.js';

/** Nest's own marks: of gateways, and of the interceptors of a class. */
const GATEWAY = 'websockets:is_gateway';
const INTERCEPTORS = '__interceptors__';

/**
 * Nest 11 builds gateways' handlers without the app's global interceptors, and reads those of the class when it registers
 * them: until it has, their classes bear ours. Not for good, since classes outlive the app.
 */
@Injectable()
export class Gateways implements OnModuleInit {
  private readonly interceptor: RoutingInterceptor;
  private takeOff: (() => void)[] = [];

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(HttpAdapterHost) { init$ }: HttpAdapterHost,
    @Inject(ROUTING) routing: DatabaseRouting,
    @Inject(RequestContexts) contexts: RequestContexts,
  ) {
    this.interceptor = new RoutingInterceptor(routing, contexts);
    if (nestVersion().startsWith('11.')) init$.subscribe(() => this.putOn());
  }

  /** Gateways are registered by now. */
  onModuleInit(): void {
    for (const takeOff of this.takeOff.splice(0).toReversed()) takeOff();
  }

  private putOn(): void {
    this.takeOff = gatewaysOf(this.modules).map((type) => {
      const own = Reflect.getOwnMetadata(INTERCEPTORS, type) as unknown;
      const all = (Reflect.getMetadata(INTERCEPTORS, type) ?? []) as readonly unknown[];
      Reflect.defineMetadata(INTERCEPTORS, [this.interceptor, ...all], type);
      return () =>
        own === undefined
          ? Reflect.deleteMetadata(INTERCEPTORS, type)
          : Reflect.defineMetadata(INTERCEPTORS, own, type);
    });
  }
}

function gatewaysOf(modules: ModulesContainer): Function[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  const types = providers.map(({ metatype }) => metatype).filter((type) => typeof type === 'function');
  return [...new Set(types)].filter((type) => Reflect.hasMetadata(GATEWAY, type));
}
