import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { DatabaseRoutingModule } from 'nestjs-database-routing';
import { BoardModule } from './board/board.module.js';
import { PageExceptionFilter } from './page/page-exception.filter.js';
import { PostsModule } from './posts/posts.module.js';
import { Servers } from './servers/servers.js';
import { ServersModule } from './servers/servers.module.js';

@Module({
  imports: [
    DatabaseRoutingModule.forRootAsync({
      imports: [ServersModule],
      inject: [Servers],
      useFactory: (servers: Servers) => ({
        ...servers.options(),
        exposeDecisions: true,
        // with several processes: one secret for all of them
        bookmark: { secret: process.env['DATABASE_BOOKMARK_SECRET'] ?? randomBytes(32).toString('hex') },
      }),
    }),
    PostsModule,
    BoardModule,
  ],
  providers: [{ provide: APP_FILTER, useClass: PageExceptionFilter }],
})
export class AppModule {}
