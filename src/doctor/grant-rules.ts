import { asRole } from '../health/missing-grant.js';
import type { EngineFacts, QuestionName } from './facts.js';
import type { FindingCode, Rule } from './finding.js';
import { onMaster } from './remedies.js';

/** What docs/health.md grants for each part of a probe; for positions also what the doctor splits lag by. */
const PROBE_GRANTS = {
  position:
    'pg_last_wal_replay_lsn, pg_last_wal_receive_lsn, pg_current_wal_insert_lsn, pg_current_wal_flush_lsn, pg_walfile_name',
  identity: 'pg_control_system, pg_control_checkpoint, pg_control_recovery',
  replay: 'pg_last_xact_replay_timestamp, pg_is_wal_replay_paused',
} satisfies Partial<Record<QuestionName, string>>;

const NO_GRANT = 'Nothing to grant: this kind of server tells it to no login. See docs/health.md';

const refusing =
  (part: keyof typeof PROBE_GRANTS, message: string): Rule =>
  ({ login, refused }) => {
    const refusal = refused[part];
    return (
      refusal && {
        message: `${message}: ${refusal.message}`,
        remedy: refusal.grant
          ? onMaster(`GRANT EXECUTE ON FUNCTION ${PROBE_GRANTS[part]} TO ${asRole(login)}`)
          : NO_GRANT,
      }
    );
  };

const nameOf = ({ login }: EngineFacts) => login ?? 'of this engine';

export const GRANT_RULES: readonly (readonly [FindingCode, Rule])[] = [
  [
    'probes-refused',
    ({ refused: { base } }) =>
      base && {
        message: `It refuses what each probe asks, so that it is never used: ${base.message}`,
        remedy: base.grant
          ? onMaster(base.grant)
          : 'Only PostgreSQL can be asked. See docs/where-it-works.md',
      },
  ],
  [
    'positions-refused',
    refusing('position', 'It does not tell where its log stands, so that nothing is proved there'),
  ],
  [
    'identity-refused',
    refusing(
      'identity',
      'It does not tell which system it is of, so that a stranger among the slaves is not noticed',
    ),
  ],
  ['replay-refused', refusing('replay', 'It does not tell whether its replay is paused, and how old it is')],
  [
    'statistics-refused',
    (engine) =>
      engine.server?.sees_statistics === false
        ? {
            message: `The login ${nameOf(engine)} does not see what other sessions do, nor where a slave streams from`,
            remedy: onMaster(`GRANT pg_read_all_stats TO ${asRole(engine.login)}`),
          }
        : undefined,
  ],
  [
    'functions-refused',
    (engine) =>
      engine.server?.reads_functions === false
        ? {
            message: `The login ${nameOf(engine)} may not read pg_proc: all raw SQL that calls functions runs on the master`,
            remedy: onMaster(`GRANT SELECT ON pg_catalog.pg_proc TO ${asRole(engine.login)}`),
          }
        : undefined,
  ],
];
