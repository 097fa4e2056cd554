import { startOurs } from '../ours.js';
import { startBare } from './bare.js';
import { startRecipe2253 } from './recipe-2253.js';
import type { StartRouter } from './router-under-fault.js';

export const ROUTER_NAMES = ['ours', '2253', 'bare'] as const;
export type RouterName = (typeof ROUTER_NAMES)[number];

interface Router {
  /** As the table says it. */
  readonly title: string;
  readonly start: StartRouter;
}

export const ROUTERS = {
  ours: { title: 'ours', start: startOurs },
  '2253': { title: 'recipe of knex #2253', start: startRecipe2253 },
  bare: { title: 'bare Knex on one slave', start: startBare },
} satisfies Record<RouterName, Router>;
