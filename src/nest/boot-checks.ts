import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { InvalidOptionsError } from '../errors.js';
import { classesOfApp } from './app-classes.js';
import { checkCarriedNames } from './carried-names.check.js';
import { checkEngineNames } from './engine-names.check.js';
import { checkPinHandlers } from './pin-handlers.check.js';
import { ROUTING } from './tokens.js';

/** What decorators and options say of the app, held against the app: a name that is wrong fails at boot. */
@Injectable()
export class BootChecks implements OnModuleInit {
  constructor(
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** Waits for the engines' first answers too, for `health.timeoutMs` at most, so that the first reads find slaves. */
  async onModuleInit(): Promise<void> {
    try {
      this.check();
    } catch (error) {
      await this.routing.destroy(); // else its engines are asked on, by an app that does not start
      throw error;
    }
    await this.routing.asked();
  }

  private check(): void {
    const { routing } = this;
    const routings = this.routingsOfApp();
    const sets = routings.map(({ name }) => name);
    checkOnlyOne(sets, routing.name);
    const others = routings.filter((other) => other !== routing);
    checkCarriedNames(
      routing.options,
      others.map(({ options }) => options),
    );
    const classes = classesOfApp(this.discovery, this.scanner);
    checkEngineNames({ routing, sets }, classes);
    checkPinHandlers(routing.options.pin.handlers, classes);
  }

  private routingsOfApp(): DatabaseRouting[] {
    const routings = [...this.modules.values()].map(({ providers }) => providers.get(ROUTING)?.instance);
    return routings.filter((one) => one !== undefined) as DatabaseRouting[];
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
