import { Module, type OnModuleInit } from '@nestjs/common';
import { InjectKnex, type RoutedKnex } from 'nestjs-database-routing';
import { PostsController } from './posts.controller.js';
import { migrationSource } from './posts.migrations.js';
import { PostsService } from './posts.service.js';

@Module({ controllers: [PostsController], providers: [PostsService] })
export class PostsModule implements OnModuleInit {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  /** Migrations run on the master; replication brings them to the slaves. */
  async onModuleInit(): Promise<void> {
    await this.knex.migrate.latest({ migrationSource });
  }
}
