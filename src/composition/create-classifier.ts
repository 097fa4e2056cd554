import { isPostgres } from '../engines/create-engine.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Health } from '../health/health.js';
import { QueryClassifier } from '../intent/query-classifier.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Outside } from './outside.js';

/** PostgreSQL's catalogue and grammar for PostgreSQL; the SQL of other databases is not looked into. */
export function createClassifier(
  { classify: classifySql, logger }: ResolvedOptions,
  engines: EngineRegistry,
  health: Health | undefined,
  { catalogue: questions, clock, random }: Outside,
): QueryClassifier {
  const ask = askMasterOrSlave(engines, health);
  const catalogue = isPostgres(engines.master.knex)
    ? {
        read: () => ask(questions.read),
        counters: () => ask(questions.counters),
        fingerprint: () => ask(questions.fingerprint),
      }
    : undefined;
  const isUsed = () => health?.isUsed ?? true;
  return new QueryClassifier({ catalogue, classifySql, logger, watch: { clock, random, isUsed } });
}

/** A slave has the master's catalogue, a moment ago: so reads are served by slaves alone where the master is away at boot. */
function askMasterOrSlave(engines: EngineRegistry, health: Health | undefined) {
  return async <Answer>(question: (engine: Engine) => Promise<Answer>): Promise<Answer> => {
    try {
      return await question(engines.master);
    } catch (error) {
      await health?.asked();
      const [slave] = engines.eligibleSlaves();
      if (!slave) throw error;
      return question(slave).catch(() => {
        throw error;
      });
    }
  };
}
