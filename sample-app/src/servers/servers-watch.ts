import { Injectable } from '@nestjs/common';
import { DatabaseRouting, type EngineStatus } from 'nestjs-database-routing';
import type { PostgresServer } from 'nestjs-database-routing/testing';
import { Servers } from './servers.js';
import type { ServerAction, ServersView, ServerView } from './server-view.js';

/** A server that answers later is shown as one that does not answer. */
const ANSWERS_WITHIN_MS = 400;

/** Looks at the servers, past the routing: what they have themselves, and what the routing thinks of them. */
@Injectable()
export class ServersWatch {
  constructor(
    private readonly servers: Servers,
    private readonly routing: DatabaseRouting,
  ) {}

  async look(): Promise<ServersView> {
    const { engines } = this.routing.status();
    const servers = await Promise.all(engines.map((engine) => this.view(engine)));
    return { servers, delayMs: this.servers.all ? this.servers.delayMs : null };
  }

  private async view(engine: EngineStatus): Promise<ServerView> {
    const { name, role, lagMs = null } = engine;
    const server = this.servers.all?.get(name);
    const because = 'because' in engine.state ? engine.state.because : '';
    const own = server && { newest: await newestOf(server), actions: this.actionsOf(engine, server) };
    return { name, role, state: stateOf(engine, server), because, lagMs, newest: null, actions: [], ...own };
  }

  private actionsOf({ isReplayPaused }: EngineStatus, server: PostgresServer): readonly ServerAction[] {
    if (!server.isRunning) return ['start'];
    if (server.isFrozen) return ['thaw', 'kill'];
    if (this.servers.isMaster(server)) return ['freeze', 'kill', 'restart'];
    return [isReplayPaused ? 'resume' : 'pause', 'freeze', 'kill', 'restart', 'promote'];
  }
}

function stateOf({ state, isReplayPaused }: EngineStatus, server: PostgresServer | undefined): string {
  if (server && !server.isRunning) return 'stopped';
  if (server?.isFrozen) return 'frozen';
  return state.kind === 'up' && isReplayPaused ? 'paused' : state.kind;
}

async function newestOf(server: PostgresServer): Promise<number | null> {
  if (!server.isRunning || server.isFrozen) return null;
  const asked = server.query<{ id: number | null }>('SELECT max(id) AS id FROM posts').then(
    ([row]) => row?.id ?? null,
    () => null, // it starts, or has not replayed so far as to have the table
  );
  return Promise.race([asked, after(ANSWERS_WITHIN_MS)]);
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => void setTimeout(() => resolve(null), ms).unref());
}
