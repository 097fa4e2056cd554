import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import type { Knex } from 'knex';
import { DatabaseRoutingModule, InjectKnex } from '../../../src/index.js';
import { ConsistencyStore, type RegisterReading } from '../../../src/testing/index.js';
import type { Servers } from '../../common/servers.js';
import { routingOptions } from '../routing-options.js';

@ObjectType()
class Reading {
  @Field(() => Int)
  version!: number;

  @Field(() => String, { nullable: true })
  value!: string | null;
}

/** Its key is known without a query; what it holds is read by the resolver of a field. */
@ObjectType()
class Register {
  @Field()
  key!: string;

  /** Of the write that has led here. */
  @Field(() => Int, { nullable: true })
  written?: number;
}

@Resolver(() => Register)
class Registers {
  private readonly store: ConsistencyStore;

  constructor(@InjectKnex() knex: Knex) {
    this.store = new ConsistencyStore(knex);
  }

  @Query(() => Register)
  register(@Args('key') key: string): Register {
    return { key };
  }

  @Mutation(() => Register)
  async write(@Args('key') key: string, @Args('value') value: string): Promise<Register> {
    const { version } = await this.store.write(key, value);
    return { key, written: version };
  }

  @Mutation(() => Register)
  async append(@Args('key') key: string, @Args('value') value: string): Promise<Register> {
    const { version } = await this.store.append(key, value);
    return { key, written: version };
  }

  @ResolveField(() => Reading)
  reading(@Parent() { key }: Register): Promise<RegisterReading> {
    return this.store.read(key);
  }

  @ResolveField(() => [String])
  async values(@Parent() { key }: Register): Promise<readonly string[]> {
    return (await this.store.readList(key)).values;
  }
}

@Module({})
class GraphqlApp {}

export function graphqlApp(servers: Servers): DynamicModule {
  return {
    module: GraphqlApp,
    imports: [
      DatabaseRoutingModule.forRoot(routingOptions(servers, {})),
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    ],
    providers: [Registers],
  };
}
