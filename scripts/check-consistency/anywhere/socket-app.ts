import { AsyncLocalStorage } from 'node:async_hooks';
import { type DynamicModule, Inject, Module } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { DatabaseRouting, DatabaseRoutingModule } from '../../../src/index.js';
import { ConsistencyStore } from '../../../src/testing/index.js';
import type { Servers } from '../../common/servers.js';
import { routingOptions } from '../routing-options.js';

/** What a message asks for. */
export interface Asked {
  readonly work: 'write' | 'append' | 'read' | 'readList';
  readonly name: string;
  readonly value: string;
}

@WebSocketGateway()
class RegistersGateway {
  private readonly store: ConsistencyStore;
  private readonly engine = new AsyncLocalStorage<{ last: string | undefined }>();

  constructor(@Inject(DatabaseRouting) { knex, events }: DatabaseRouting) {
    this.store = new ConsistencyStore(knex);
    events.on('decision', ({ engine }) => {
      const here = this.engine.getStore();
      if (here) here.last = engine;
    });
  }

  @SubscribeMessage('ask')
  async ask(@MessageBody() asked: Asked) {
    const here = { last: undefined as string | undefined };
    try {
      const answer = await this.engine.run(here, () => this.work(asked));
      return { event: 'answer', data: { ...answer, engine: here.last } };
    } catch (error) {
      return { event: 'answer', data: { error: String(error) } };
    }
  }

  private work({ work, name, value }: Asked): Promise<object> {
    switch (work) {
      case 'write':
        return this.store.write(name, value);
      case 'append':
        return this.store.append(name, value);
      case 'read':
        return this.store.read(name);
      default:
        return this.store.readList(name);
    }
  }
}

@Module({})
class SocketApp {}

export function socketApp(servers: Servers): DynamicModule {
  return {
    module: SocketApp,
    imports: [DatabaseRoutingModule.forRoot(routingOptions(servers, {}))],
    providers: [RegistersGateway],
  };
}
