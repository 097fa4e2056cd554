import { Module } from '@nestjs/common';
import { Servers } from './servers.js';

@Module({
  providers: [{ provide: Servers, useFactory: () => Servers.start(process.env) }],
  exports: [Servers],
})
export class ServersModule {}
