import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { Knex } from 'knex';
import { InjectKnex } from '../../../src/index.js';
import { ConsistencyStore } from '../../../src/testing/index.js';

/** The lists of `httpDriver`'s protocol. */
@Controller('lists')
export class ListsController {
  private readonly store: ConsistencyStore;

  constructor(@InjectKnex() knex: Knex) {
    this.store = new ConsistencyStore(knex);
  }

  @Post(':list')
  append(@Param('list') list: string, @Body('value') value: string) {
    return this.store.append(list, value);
  }

  @Get(':list')
  read(@Param('list') list: string) {
    return this.store.readList(list);
  }
}
