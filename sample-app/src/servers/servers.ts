import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { type DatabaseRoutingOptions, optionsFromEnv } from 'nestjs-database-routing';
import type { PostgresServer, PostgresSlave, ReplicatedPostgres } from 'nestjs-database-routing/testing';
import type { ServerAction } from './server-view.js';

/** How long slaves may be told to wait before they replay, in ms. */
export const LONGEST_DELAY_MS = 10_000;

/**
 * The databases that `DATABASE_MASTER_URL` and `DATABASE_SLAVES_…_URL` name, else a master and two slaves of our own: real
 * servers with real replication, with which the page may do what it likes. They and their data are gone when this process is.
 */
@Injectable()
export class Servers {
  delayMs = 0;
  /** One thing is done with them at a time. */
  private doing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly own: ReplicatedPostgres | undefined,
  ) {}

  static async start(env: NodeJS.ProcessEnv): Promise<Servers> {
    if (env['DATABASE_MASTER_URL']) return new Servers(env, undefined);
    console.log('DATABASE_MASTER_URL is not set: starting a PostgreSQL master and two slaves…');
    const { startReplicatedPostgres } = await import('nestjs-database-routing/testing');
    return new Servers(env, await startReplicatedPostgres({ slaves: 2 }));
  }

  /** Where the routing finds them. */
  options(): DatabaseRoutingOptions {
    if (!this.own) return optionsFromEnv(this.env);
    const { master, slaves } = this.own;
    return {
      client: 'pg',
      master: { connection: master.connection },
      slaves: Object.fromEntries(Object.values(slaves).map(({ name, connection }) => [name, { connection }])),
    };
  }

  /** By name; undefined where the servers are not ours. */
  get all(): ReadonlyMap<string, PostgresServer> | undefined {
    const { own } = this;
    return own && new Map([own.master, ...Object.values(own.slaves)].map((server) => [server.name, server]));
  }

  isMaster(server: PostgresServer): boolean {
    return server === this.own?.currentMaster;
  }

  /** Resolves when it is done. Throws where the servers are not ours, or there is no such server. */
  act(name: string, action: ServerAction): Promise<void> {
    const server = this.all?.get(name);
    if (!server) throw new NotFoundException(`There is no server ${name} here`);
    return this.inTurn(() => this.doNow(server as PostgresSlave, action));
  }

  delay(ms: number): Promise<void> {
    if (!this.own) throw new NotFoundException('The slaves are not ours to delay');
    return this.inTurn(async () => {
      this.delayMs = ms;
      await Promise.all(this.slaves().map((slave) => slave.delay(ms)));
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.doing.then(work);
    this.doing = done.catch(() => undefined);
    return done;
  }

  private async doNow(server: PostgresSlave, action: ServerAction): Promise<void> {
    switch (action) {
      case 'pause':
        return server.pause();
      case 'resume':
        return server.resume();
      case 'freeze':
        return server.freeze();
      case 'thaw':
        return server.unfreeze();
      case 'kill':
        return server.kill();
      case 'restart':
        return server.restart();
      case 'start':
        return this.start(server);
      case 'promote':
        return this.promote(server);
    }
  }

  /** A master that was replaced comes back as a slave of the new one. */
  private async start(server: PostgresSlave): Promise<void> {
    if (this.isMaster(server) || server.following === this.own!.currentMaster) return server.start();
    const back = await this.own!.rebuild(server);
    await back.delay(this.delayMs);
  }

  private async promote(server: PostgresSlave): Promise<void> {
    const own = this.own!;
    if (!server.isRunning || server.isFrozen || this.isMaster(server))
      throw new ConflictException(`${server.name} can't be promoted: it must be a slave that answers`);
    const others = this.slaves().filter((slave) => slave !== server);
    await own.currentMaster.stop();
    await server.promote();
    await Promise.all(others.map((slave) => slave.follow(server)));
  }

  /** Those that answer. */
  private slaves(): PostgresSlave[] {
    const servers = [...(this.all?.values() ?? [])] as PostgresSlave[];
    return servers.filter((server) => !this.isMaster(server) && server.isRunning && !server.isFrozen);
  }
}
