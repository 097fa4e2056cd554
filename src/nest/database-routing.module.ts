import {
  Inject,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { ConfigurableModuleClass, ROUTING } from './database-routing.module-definition.js';
import { InvalidOptionsError } from '../errors.js';
import { classesOfApp } from './app-classes.js';
import { openContexts, openContextsFirst } from './open-contexts.js';
import { checkEngineNames } from './engine-names.check.js';
import { checkPinHandlers } from './pin-handlers.check.js';
import { RequestContexts } from './request-contexts.js';
import { SlavesUnavailableFilter } from './slaves-unavailable.filter.js';

/**
 * Sends the app's writes to the master and its reads to the slaves: `forRoot(options)`, or `forRootAsync` with
 * `useFactory`, `useClass` or `useExisting`. Global unless `isGlobal: false`. Boots while slaves are down.
 */
@Module({ imports: [DiscoveryModule] })
export class DatabaseRoutingModule
  extends ConfigurableModuleClass
  implements NestModule, OnModuleInit, OnApplicationShutdown
{
  constructor(
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(RequestContexts) private readonly contexts: RequestContexts,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    super();
    // not as APP_FILTER: of these the last one wins, and here the app's own come after it, wherever they are provided
    config.addGlobalFilter(new SlavesUnavailableFilter(adapterHost));
    adapterHost.init$.subscribe(() => openContextsFirst(contexts, adapterHost.httpAdapter));
  }

  configure(): void {
    openContexts(this.contexts, this.adapterHost.httpAdapter);
  }

  onModuleInit(): void {
    const { routing } = this;
    const sets = this.setsOfApp();
    checkOnlyOne(sets, routing.name);
    const classes = classesOfApp(this.discovery, this.scanner);
    checkEngineNames({ routing, sets }, classes);
    checkPinHandlers(routing.pinOptions.handlers, classes);
  }

  /** After the server has closed and the last request has ended; earlier would break requests in flight. */
  async onApplicationShutdown(): Promise<void> {
    await this.routing.destroy();
  }

  private setsOfApp(): string[] {
    return [...this.modules.values()]
      .map(({ instance }) => instance as unknown)
      .filter((module) => module instanceof DatabaseRoutingModule)
      .map(({ routing }) => routing.name);
  }
}

/** Two sets of one name would share their tokens and contexts, and only one of them would ever be injected. */
function checkOnlyOne(sets: readonly string[], name: string): void {
  const { length } = sets.filter((set) => set === name);
  if (length < 2) return;
  throw new InvalidOptionsError(
    `DatabaseRoutingModule.forRoot is imported ${length} times with the name '${name}'. ` +
      `Import it once (it is global), or give each set a name of its own: forRoot({ name: 'reports', … }).`,
  );
}
