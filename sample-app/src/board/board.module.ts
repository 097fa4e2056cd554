import { Module } from '@nestjs/common';
import { ServersController } from '../servers/servers.controller.js';
import { ServersWatch } from '../servers/servers-watch.js';
import { ServersModule } from '../servers/servers.module.js';
import { AssetsController } from './assets.controller.js';

/** What the first page shows beside the posts: the servers, and what may be done with them. */
@Module({
  imports: [ServersModule],
  controllers: [ServersController, AssetsController],
  providers: [ServersWatch],
})
export class BoardModule {}
