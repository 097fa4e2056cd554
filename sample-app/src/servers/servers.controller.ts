import { BadRequestException, Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { LONGEST_DELAY_MS, Servers } from './servers.js';
import { SERVER_ACTIONS, type ServerAction, type ServersView } from './server-view.js';
import { ServersWatch } from './servers-watch.js';

@Controller('servers')
export class ServersController {
  constructor(
    private readonly servers: Servers,
    private readonly watch: ServersWatch,
  ) {}

  @Get()
  look(): Promise<ServersView> {
    return this.watch.look();
  }

  @Post('delay')
  @HttpCode(200)
  async delay(@Body('ms') ms: unknown): Promise<ServersView> {
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= LONGEST_DELAY_MS))
      throw new BadRequestException(`ms must be a number from 0 to ${LONGEST_DELAY_MS}`);
    await this.servers.delay(ms);
    return this.watch.look();
  }

  @Post(':name/:action')
  @HttpCode(200)
  async act(@Param('name') name: string, @Param('action') action: string): Promise<ServersView> {
    if (!isAction(action))
      throw new BadRequestException(`Nothing can ${action}: ${SERVER_ACTIONS.join(', ')}`);
    await this.servers.act(name, action);
    return this.watch.look();
  }
}

function isAction(text: string): text is ServerAction {
  return (SERVER_ACTIONS as readonly string[]).includes(text);
}
