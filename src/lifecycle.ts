import type { SlaveDiscovery } from './discovery/slave-discovery.js';
import type { Hedging } from './dispatch/hedging.js';
import type { Observer } from './dispatch/observer.js';
import type { EngineRegistry } from './engines/engine-registry.js';
import type { Health } from './health/health.js';
import type { QueryClassifier } from './intent/query-classifier.js';

/** What of a set begins and ends. */
export interface LifecycleParts {
  readonly engines: EngineRegistry;
  readonly classifier: QueryClassifier;
  /** Undefined where engines can't be asked. */
  readonly health: Health | undefined;
  /** Undefined where slaves are listed. */
  readonly discovery: SlaveDiscovery | undefined;
  /** Undefined where no read is asked of two slaves. */
  readonly hedging: Hedging | undefined;
  readonly observer: Pick<Observer, 'tell'>;
}

/** How a set ends, and begins again. Two ends at the same time are one. */
export class Lifecycle {
  private destroying: Promise<void> | undefined;

  constructor(private readonly parts: LifecycleParts) {}

  /** Lets all engines connect again. */
  initialize(): void {
    const { engines, classifier, health, discovery, hedging } = this.parts;
    for (const engine of engines.all()) engine.initialize();
    for (const one of [classifier, health, discovery, hedging]) one?.start();
  }

  /** Closes all connections; what fails is told when all is done. */
  destroy(): Promise<void> {
    return (this.destroying ??= this.destroyAll().finally(() => (this.destroying = undefined)));
  }

  /** A server that is frozen is found out while pools wait for it; so health ends after them. */
  private async destroyAll(): Promise<void> {
    const { engines, classifier, health, discovery, hedging, observer } = this.parts;
    observer.tell();
    for (const one of [discovery, classifier, hedging]) one?.stop();
    const all = engines.all();
    const closed = await Promise.allSettled(all.map((engine) => engine.destroy()));
    health?.stop();
    const results = [...closed, ...(await Promise.allSettled(all.map((engine) => engine.destroyProbes())))];
    const failed = results.filter((result) => result.status === 'rejected');
    if (failed.length === 0) return;
    const failures = failed.map(({ reason }) => reason as unknown);
    throw new AggregateError(failures, 'Some engines failed to close their connections');
  }
}
