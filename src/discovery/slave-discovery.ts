import type { Clock } from '../clock.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { messageOf } from '../errors.js';
import { ProbeLoop } from '../health/probe-loop.js';
import type { SlaveOptions } from '../options/engine-options.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { ResolvedSlaveSource } from '../options/resolved-options.js';

/** Keeps a set's slaves as a source finds them. Those that were added by hand are none of its business. */
export class SlaveDiscovery {
  private readonly loop: ProbeLoop;
  /** Those that it has added. */
  private readonly names = new Set<string>();
  private ending = new AbortController();
  private isFailing = false;

  constructor(
    private readonly engines: EngineRegistry,
    private readonly source: ResolvedSlaveSource,
    private readonly logger: RoutingLogger,
    clock: Clock,
  ) {
    this.loop = new ProbeLoop(() => this.round(), clock);
  }

  start(): void {
    if (this.ending.signal.aborted) this.ending = new AbortController();
    this.loop.start();
  }

  /** Nothing joins or leaves after this. */
  stop(): void {
    this.ending.abort();
    this.loop.stop();
  }

  /** Never rejects. Resolves to the time until the next round. */
  private async round(): Promise<number> {
    const { signal } = this.ending;
    try {
      const found = await this.source.findSlaves(signal);
      if (!signal.aborted) this.follow(found);
      this.isFailing = false;
    } catch (error) {
      if (!signal.aborted) this.warn(error);
    }
    return this.source.intervalMs;
  }

  private follow(found: Readonly<Record<string, SlaveOptions>>): void {
    const slaves = Object.entries(found);
    if (slaves.length === 0) throw new Error('there were none');
    const failures = slaves.flatMap(([name, options]) => this.join(name, options) ?? []);
    for (const name of this.names) if (!Object.hasOwn(found, name)) this.leave(name);
    if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('; '));
  }

  /** One that can't be added is no reason to do without the others. */
  private join(name: string, options: SlaveOptions): unknown {
    try {
      const engine = this.engines.find(name);
      if (this.names.has(name)) this.engines.reweigh(name, options.weight ?? 1);
      else if (engine?.state.kind !== 'draining') this.add(name, options); // else it comes back when it has left
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private add(name: string, options: SlaveOptions): void {
    this.engines.add(name, options);
    this.names.add(name);
    this.logger.debug(`Slave ${name} was found`);
  }

  /** The one that was promoted is no slave to be found any more. */
  private leave(name: string): void {
    const engine = this.engines.find(name);
    if (engine && engine === this.engines.master) return;
    this.names.delete(name);
    if (!engine || engine.state.kind === 'draining') return; // removed by hand
    this.logger.debug(`Slave ${name} is not found any more`);
    this.engines.remove(name).catch((error: unknown) => this.warn(error));
  }

  private warn(error: unknown): void {
    if (!this.isFailing) {
      this.logger.warn(
        `Looking for slaves failed, those that were found before stay: ${messageOf(error)}. ` +
          'This is said once until it works again.',
      );
    }
    this.isFailing = true;
  }
}
