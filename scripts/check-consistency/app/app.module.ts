import { type DynamicModule, Module } from '@nestjs/common';
import { type BookmarkOptions, DatabaseRoutingModule } from '../../../src/index.js';
import type { Servers } from '../../common/servers.js';
import { routingOptions } from '../routing-options.js';
import { ListsController } from './lists.controller.js';
import { RegistersController } from './registers.controller.js';

@Module({})
class AppModule {}

export function appModule(servers: Servers, bookmark: BookmarkOptions): DynamicModule {
  return {
    module: AppModule,
    imports: [DatabaseRoutingModule.forRoot(routingOptions(servers, bookmark))],
    controllers: [RegistersController, ListsController],
  };
}
