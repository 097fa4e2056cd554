import { Module } from '@nestjs/common';
import { DatabaseRoutingModule } from 'nestjs-database-routing';
import { databaseOptions } from './database-options.js';
import { PostsModule } from './posts/posts.module.js';

@Module({
  imports: [
    DatabaseRoutingModule.forRootAsync({ useFactory: () => databaseOptions(process.env) }),
    PostsModule,
  ],
})
export class AppModule {}
