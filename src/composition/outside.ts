import { randomBytes } from 'node:crypto';
import { type Clock, SYSTEM_CLOCK } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { FRESHNESS_QUESTIONS, type FreshnessQuestions } from '../freshness/freshness-questions.js';
import type { HealthQuestions } from '../health/engine-probe.js';
import { SqlHealthQuestions } from '../health/health-questions.js';
import { readCounters, readFingerprint } from '../intent/catalogue-changes.js';
import { readCatalogue } from '../intent/catalogue-reader.js';
import type { CatalogueQuestions } from '../intent/catalogue-watch.js';
import { type AskName, askName } from '../intent/name-question.js';

/** What the core takes from outside, so that it also runs where time, chance and servers are simulated. */
export interface Outside {
  readonly clock: Clock;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
  /** A secret that nobody can guess. */
  readonly newSecret: () => string;
  readonly freshness: FreshnessQuestions;
  readonly health: HealthQuestions;
  readonly catalogue: {
    readonly [Q in keyof CatalogueQuestions]: (engine: Engine) => ReturnType<CatalogueQuestions[Q]>;
  };
  readonly askName: AskName;
}

export const OUTSIDE: Outside = {
  clock: SYSTEM_CLOCK,
  random: Math.random,
  newSecret: () => randomBytes(32).toString('hex'),
  freshness: FRESHNESS_QUESTIONS,
  health: new SqlHealthQuestions(),
  catalogue: {
    read: ({ probes }) => readCatalogue(probes),
    counters: ({ probes }) => readCounters(probes),
    fingerprint: ({ probes }) => readFingerprint(probes),
  },
  askName,
};
