import type { Knex } from 'knex';
import type { ENGINE_KEYS } from './knex-keys.js';

/** What an older Knex has no type for is not there. */
type EngineKey = Extract<(typeof ENGINE_KEYS)[number], keyof Knex.Config>;

/** One engine: how to reach it. What else of Knex's configuration there is holds for all engines, and stands beside them. */
export interface EngineOptions extends Pick<Knex.Config, EngineKey> {}

export interface SlaveOptions extends EngineOptions {
  /** Share of the reads against the other slaves. 0: only reads that name it, for reports, say. Default 1. */
  weight?: number;
}
