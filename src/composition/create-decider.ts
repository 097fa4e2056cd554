import type { Balancer } from '../balancer/balancer.js';
import type { Clock } from '../clock.js';
import { ANY_SLAVE, type EngineChoice } from '../context/context.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { ByMode } from '../routing/by-mode.js';
import { Decider, type DeciderParts } from '../routing/decider.js';
import { Foresight } from '../routing/foresight.js';
import { MasterBudget } from '../routing/master-budget.js';
import type { ModeSwitch } from '../routing/mode-switch.js';
import { NoSlave } from '../routing/no-slave.js';
import { readRule } from '../routing/read-rule.js';
import type { WatchedEngines } from './create-clients.js';

/** What decisions are made with, beside the options. */
export interface Known extends WatchedEngines {
  readonly balancer: Balancer;
  readonly classifier: QueryClassifier;
  /** Whether clients carry positions; else what they have seen is kept by time. */
  readonly clientsByPosition: boolean;
  readonly mode: ModeSwitch;
  readonly clock: Clock;
}

/** Who decides, and who tells what would be decided. */
export function createDecider(
  options: ResolvedOptions,
  { engines, freshness, health, balancer, classifier, clientsByPosition, mode, clock }: Known,
): { decider: Decider; foresight: Foresight; byMode: ByMode } {
  const budget = new MasterBudget(options.masterBudget, clock);
  const noSlave = new NoSlave({ engines, budget, health });
  const parts: DeciderParts = {
    engines,
    balancer,
    rules: rulesOf(options, { engines, classifier, clientsByPosition }),
    slavePer: options.slavePer,
    freshness,
    clientsByPosition,
    budget,
    noSlave,
    health,
  };
  const decider = new Decider(parts);
  const byMode = new ByMode({ engines, budget, noSlave, mode, decider });
  return { decider, foresight: new Foresight(parts, decider), byMode };
}

function rulesOf(
  { rules, noContext }: ResolvedOptions,
  {
    engines,
    classifier,
    clientsByPosition: byPosition,
  }: Pick<Known, 'engines' | 'classifier' | 'clientsByPosition'>,
): DeciderParts['rules'] {
  const { reads, consistency } = rules;
  const engineForRead = readRule(rules, (builder) => classifier.tablesOf(builder));
  const doubts = (choice: EngineChoice) =>
    (choice === ANY_SLAVE ? engines.slaves : [engines.find(choice)]).some(
      (engine) => engine?.refusesWrites === false,
    );
  const refusesNoContext = noContext === 'refuse';
  return { engineForRead, reads, consistency, byPosition, doubts, refusesNoContext };
}
