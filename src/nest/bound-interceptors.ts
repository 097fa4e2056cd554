import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Observable } from 'rxjs';
import type { DatabaseRouting } from '../database-routing.js';
import { nestVersion } from './nest-check.js';
import { RoutingInterceptor } from './routing.interceptor.js';
import { ROUTING } from './tokens.js';

/** Nest's own marks: of gateways, of a message's handler, and of the interceptors of a class. */
const GATEWAY = 'websockets:is_gateway';
const PATTERN = 'microservices:pattern';
const INTERCEPTORS = '__interceptors__';

/** What stands for a set's interceptor on classes, which outlive an app: each app says in its modules what it stands for. */
const markers = new Map<string, Type<NestInterceptor>>();

/**
 * Nest runs no global interceptors around messages of a hybrid app that was connected without `inheritAppConfig`, nor, until Nest
 * 12, around those of gateways. So their classes bear ours.
 */
@Injectable()
export class BoundInterceptors {
  private readonly bindsGateways: boolean;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ROUTING) { name }: DatabaseRouting,
    @Inject(RoutingInterceptor) interceptor: RoutingInterceptor,
  ) {
    this.bindsGateways = nestVersion().startsWith('11.');
    const marker = markerOf(name);
    const useValue: NestInterceptor = {
      intercept: (execution, next) =>
        interceptor.hasEntered(execution) ? next.handle() : interceptor.intercept(execution, next),
    };
    for (const module of modules.values()) {
      const types = [...module.controllers.values(), ...module.providers.values()].map(
        ({ metatype }) => metatype,
      );
      const bound = types.filter((type) => typeof type === 'function').filter((type) => this.needsOne(type));
      if (bound.length > 0) module.addInjectable({ provide: marker, useValue }, 'interceptor');
      for (const type of bound) mark(type, marker);
    }
  }

  private needsOne(type: Function): boolean {
    if (Reflect.hasMetadata(GATEWAY, type)) return this.bindsGateways;
    const prototype = type.prototype as Record<string, Function> | undefined;
    if (!prototype) return false;
    return this.scanner
      .getAllMethodNames(prototype)
      .some((name) => Reflect.hasMetadata(PATTERN, prototype[name]!));
  }
}

function markerOf(set: string): Type<NestInterceptor> {
  const known = markers.get(set);
  if (known) return known;
  const marker = class RoutingMarker implements NestInterceptor {
    /** In an app without the module, which makes one of this class itself. */
    intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle();
    }
  };
  markers.set(set, marker);
  return marker;
}

/** In front of its own: what those read is to be balanced as well. */
function mark(type: Function, marker: Type<NestInterceptor>): void {
  const all = (Reflect.getMetadata(INTERCEPTORS, type) ?? []) as readonly unknown[];
  if (!all.includes(marker)) Reflect.defineMetadata(INTERCEPTORS, [marker, ...all], type);
}
