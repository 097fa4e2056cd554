import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  type DynamicModule,
  Get,
  Inject,
  Injectable,
  Module,
  Query as UrlQuery,
} from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  Args,
  Field,
  GraphQLModule,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  RunAsJob,
  WithEngine,
} from '../../src/index.js';
import { type Role, type Task, Watch } from './watch.js';

@Controller()
class Requests {
  constructor(@Inject(Watch) private readonly watch: Watch) {}

  @Get('work')
  work(@UrlQuery('id') id: string, @UrlQuery('role') role: Role) {
    return this.watch.task('HTTP', 'request', { id, role });
  }

  @Get('forced')
  @WithEngine('slave1')
  forced(@UrlQuery('id') id: string) {
    return this.watch.task('HTTP', 'request', { id, role: 'forced' });
  }

  @MessagePattern('work')
  message(@Payload() task: Task) {
    return this.watch.task('TCP', 'message', task);
  }

  @MessagePattern('forced')
  @WithEngine('slave1')
  forcedMessage(@Payload() task: Task) {
    return this.watch.task('TCP', 'message', task);
  }
}

@ObjectType()
class Work {
  @Field()
  id!: string;
}

/** All fields of an operation are one piece of work; what the root has shown is the history of those below. */
@Resolver(() => Work)
class Operations {
  constructor(@Inject(Watch) private readonly watch: Watch) {}

  @Query(() => Work)
  async plain(@Args('id') id: string): Promise<Work> {
    return { id: await this.watch.task('GraphQL', 'request', { id, client: id, role: 'plain' }) };
  }

  @Query(() => Work)
  async scoped(@Args('id') id: string): Promise<Work> {
    return { id: await this.watch.task('GraphQL', 'request', { id, client: id, role: 'scoped' }) };
  }

  @Query(() => Work)
  @WithEngine('slave1')
  async forced(@Args('id') id: string): Promise<Work> {
    return { id: await this.watch.task('GraphQL', 'request', { id, client: id, role: 'forced' }) };
  }

  @Mutation(() => Work)
  async writer(@Args('id') id: string): Promise<Work> {
    return { id: await this.watch.task('GraphQL', 'request', { id, client: id, role: 'writer' }) };
  }

  /** A field below may read on the master, where its operation has written: as a writer it is asked for nothing else. */
  @ResolveField(() => String)
  field(@Parent() { id }: Work, @Args('isWriter') isWriter: boolean): Promise<string> {
    return this.watch.task('GraphQL fields', 'request', {
      id,
      client: id,
      role: isWriter ? 'writer' : 'scoped',
    });
  }
}

@WebSocketGateway()
class Messages {
  constructor(@Inject(Watch) private readonly watch: Watch) {}

  @SubscribeMessage('work')
  async work(@MessageBody() task: Task) {
    return { event: 'done', data: await this.watch.task('ws', 'message', task) };
  }

  @SubscribeMessage('forced')
  @WithEngine('slave1')
  async forced(@MessageBody() task: Task) {
    return { event: 'done', data: await this.watch.task('ws', 'message', task) };
  }
}

@Injectable()
export class Jobs {
  constructor(
    @Inject(Watch) private readonly watch: Watch,
    @Inject(EventEmitter2) private readonly events: EventEmitter2,
  ) {}

  @RunAsJob()
  decorated(task: Task): Promise<string> {
    return this.watch.task('a decorated method', 'job', task);
  }

  @OnEvent('work')
  listen(task: Task): Promise<string> {
    return this.watch.task('a listener', 'job', task);
  }

  emit(task: Task): Promise<unknown> {
    return this.events.emitAsync('work', task);
  }
}

@Module({})
class App {}

export function appOf(options: DatabaseRoutingOptions): DynamicModule {
  return {
    module: App,
    imports: [
      DatabaseRoutingModule.forRoot(options),
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
      EventEmitterModule.forRoot(),
    ],
    controllers: [Requests],
    providers: [
      {
        provide: Watch,
        inject: [DatabaseRouting],
        useFactory: (routing: DatabaseRouting) => new Watch(routing),
      },
      Operations,
      Messages,
      Jobs,
    ],
  };
}
