import {
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { checkObject } from '../options/check.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
} from './database-routing.module-definition.js';
import { checkNest } from './nest-check.js';
import { openContexts, openContextsFirst } from './open-contexts.js';
import { RequestContexts } from './request-contexts.js';
import { SlavesUnavailableFilter } from './slaves-unavailable.filter.js';
import { ROUTING } from './tokens.js';

/**
 * Sends the app's writes to the master and its reads to the slaves: `forRoot(options)`, or `forRootAsync` with
 * `useFactory`, `useClass` or `useExisting`. Global unless `isGlobal: false`. Boots while slaves are down.
 */
@Module({ imports: [DiscoveryModule] })
export class DatabaseRoutingModule
  extends ConfigurableModuleClass
  implements NestModule, OnApplicationShutdown
{
  /** Throws `InvalidOptionsError` without options; what is in them is looked at when the module is made. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    checkObject('What forRoot() is given', options);
    return super.forRoot(options);
  }

  /** The same of a factory that is missing. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    checkObject('What forRootAsync() is given', options);
    return super.forRootAsync(options);
  }

  constructor(
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(RequestContexts) private readonly contexts: RequestContexts,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    super();
    checkNest(adapterHost);
    // not as APP_FILTER: of these the last one wins, and here the app's own come after it, wherever they are provided
    config.addGlobalFilter(new SlavesUnavailableFilter(adapterHost));
    adapterHost.init$.subscribe(() => openContextsFirst(contexts, adapterHost.httpAdapter));
  }

  configure(): void {
    openContexts(this.contexts, this.adapterHost.httpAdapter);
  }

  /** After the server has closed and the last request has ended; earlier would break requests in flight. */
  async onApplicationShutdown(): Promise<void> {
    await this.routing.destroy();
  }
}
