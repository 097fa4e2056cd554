import type { EngineFacts, PositionSample } from './facts.js';
import type { ClusterFacts, FindingCode, Rule } from './finding.js';
import { alterSystem } from './remedies.js';

/** Replay that stands so long and then goes on comes in bursts. */
const BURST_MS = 400;

/** A slave that has not caught up within less is only under way. */
const WATCHED_MS = 600;

/** Bytes that a slave is behind, split by where they are. */
export interface LagNow {
  /** Written on the master, and not received. */
  readonly notSent: number;
  /** Received, and not replayed. */
  readonly notReplayed: number;
}

/** As of the last samples; undefined where one of them has none. */
export function lagNow(
  { positions }: { readonly positions: readonly PositionSample[] },
  { master }: ClusterFacts,
): LagNow | undefined {
  const [written, slave] = [master.positions.at(-1)?.written, positions.at(-1)];
  if (written === undefined || !slave) return undefined;
  return {
    notSent: Number(atLeast0(written - slave.written)),
    notReplayed: Number(atLeast0(slave.written - slave.replayed)),
  };
}

/** A rule on a slave that follows the master's log, and where that stood at first. */
const behind =
  (
    rule: (
      slave: EngineFacts,
      last: PositionSample,
      target: bigint,
      cluster: ClusterFacts,
    ) => ReturnType<Rule>,
  ): Rule =>
  (engine, cluster) => {
    const { master } = cluster;
    const [first, last] = [master.positions[0], engine.positions.at(-1)];
    const isOfMaster = engine.server?.in_recovery && engine.server.system === master.server?.system;
    const isWatched = first && last && last.atMs - first.atMs >= WATCHED_MS;
    return engine.role === 'slave' && isOfMaster && isWatched
      ? rule(engine, last, first.written, cluster)
      : undefined;
  };

export const LAG_RULES: readonly (readonly [FindingCode, Rule])[] = [
  [
    'replay-paused',
    ({ role, server }) =>
      role === 'slave' && server?.paused
        ? { message: 'Somebody has paused its replay', remedy: 'SELECT pg_wal_replay_resume();' }
        : undefined,
  ],
  [
    'replay-delayed',
    ({ role, server }) =>
      role === 'slave' && server?.in_recovery && server.recovery_min_apply_delay > 0
        ? {
            message: `It replays ${server.recovery_min_apply_delay} ms late on purpose: clients that have written read from the master`,
            remedy: alterSystem('recovery_min_apply_delay', '0'),
          }
        : undefined,
  ],
  [
    'not-receiving',
    ({ role, server }) =>
      role === 'slave' && server?.in_recovery && server.is_receiving !== true && server.sees_statistics
        ? {
            message: "It receives nothing of the master's log as a stream",
            remedy:
              "SHOW primary_conninfo;  -- and look into the slave's log: host, password, replication slot",
          }
        : undefined,
  ],
  [
    'lag-not-sent',
    behind((slave, last, target, cluster) =>
      last.written >= target
        ? undefined
        : {
            message: `For ${watched(slave)} it has not received what the master had before: ${inBytes(slave, cluster)}`,
            remedy:
              'SELECT * FROM pg_stat_replication;  -- on the master: look at the network and at the state of this slave',
          },
    ),
  ],
  [
    'lag-not-replayed',
    behind((slave, last, target, cluster) =>
      last.written < target || last.replayed >= target
        ? undefined
        : {
            message: `For ${watched(slave)} it has not replayed what the master had before: ${inBytes(slave, cluster)}`,
            remedy:
              "SELECT * FROM pg_stat_activity WHERE state <> 'idle';  -- here: long reads hold replay up; else its disk",
          },
    ),
  ],
  [
    'replay-in-bursts',
    ({ role, positions }) => {
      const standsMs = role === 'slave' ? longestStand(positions) : 0;
      return standsMs < BURST_MS
        ? undefined
        : {
            message: `Its replay comes in bursts: it stood for ${Math.round(standsMs)} ms with something to replay, and went on`,
            remedy:
              'SELECT * FROM pg_stat_database_conflicts;  -- here: reads that hold replay up, a slow disk, or a delay',
          };
    },
  ],
];

/** How long replay stood at most although there was something to replay, and then moved. */
function longestStand(positions: readonly PositionSample[]): number {
  let [longestMs, sinceMs] = [0, undefined as number | undefined];
  for (const [index, sample] of positions.entries()) {
    const before = positions[index - 1];
    if (before && sample.replayed > before.replayed) {
      if (sinceMs !== undefined) longestMs = Math.max(longestMs, sample.atMs - sinceMs);
      sinceMs = undefined;
    }
    if (sample.written > sample.replayed) sinceMs ??= sample.atMs;
    else sinceMs = undefined;
  }
  return longestMs;
}

function watched({ positions }: EngineFacts): string {
  return `${(((positions.at(-1)?.atMs ?? 0) - (positions[0]?.atMs ?? 0)) / 1000).toFixed(1)} s`;
}

function inBytes(engine: EngineFacts, cluster: ClusterFacts): string {
  const lag = lagNow(engine, cluster);
  return lag ? `${lag.notSent} bytes not sent, ${lag.notReplayed} not replayed` : 'positions unknown';
}

function atLeast0(bytes: bigint): bigint {
  return bytes > 0n ? bytes : 0n;
}
