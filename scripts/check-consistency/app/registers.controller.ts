import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import type { Knex } from 'knex';
import { InjectKnex } from '../../../src/index.js';
import { ConsistencyStore } from '../../../src/testing/index.js';

/** The registers of `httpDriver`'s protocol. */
@Controller('registers')
export class RegistersController {
  private readonly store: ConsistencyStore;

  constructor(@InjectKnex() knex: Knex) {
    this.store = new ConsistencyStore(knex);
  }

  @Put(':key')
  write(@Param('key') key: string, @Body('value') value: string) {
    return this.store.write(key, value);
  }

  @Get(':key')
  read(@Param('key') key: string) {
    return this.store.read(key);
  }

  @Get()
  async readAll(@Query('key') keys: string | readonly string[]) {
    return { registers: await this.store.readAll([keys].flat()) };
  }
}
