import type { Fault } from './faults/fault.js';
import type { Duration, RowResult } from './row-result.js';

const FIRST_WRITE_WITHIN_MS = 1000;
/** A second's budget may be spent at once, in a fault of a few seconds. */
const BURST = 1.3;
/** What runs may end for 10 s. */
const SHUTDOWN_WITHIN_MS = 11_000;
/** Of three slaves: less, and a fault of one of them says little. */
const SHARE_OF_EACH = 0.15;

/** What a row of ours should have done and did not, a sentence each. */
export function brokenGoals({ detectWithinMs, maxOuts, ours }: Fault, row: RowResult): string[] {
  return [
    ...idleSlaves(row),
    row.failedReads > 0 && `${row.failedReads} reads outside transactions failed`,
    row.wrong > 0 && `${row.wrong} results were wrong`,
    isLate(row.detectMs, detectWithinMs) && `noticed ${inMs(row.detectMs)}, not within ${detectWithinMs} ms`,
    row.backMs === 'never' && 'an engine did not come back into rotation',
    isLate(row.firstWriteMs, FIRST_WRITE_WITHIN_MS) &&
      `the first write after the promotion came ${inMs(row.firstWriteMs)}, not within ${FIRST_WRITE_WITHIN_MS} ms`,
    (row.strayWrites ?? 0) > 0 && `${row.strayWrites} writes reached the old master`,
    isLate(row.shutdown?.tookMs, SHUTDOWN_WITHIN_MS) &&
      `shutting down took ${row.shutdown?.tookMs.toFixed(0)} ms, not at most ${SHUTDOWN_WITHIN_MS}`,
    (row.shutdown?.left.length ?? 0) > 0 && `shutting down left ${row.shutdown?.left.join(', ')}`,
    row.unhandled > 0 && `${row.unhandled} rejections were not handled`,
    isOverspent(row, ours?.masterBudget?.perSecond) &&
      `the master took over ${row.takenOverPerSecond?.toFixed(0)} reads a second, not at most ${ours?.masterBudget?.perSecond}`,
    (row.outs ?? 0) > maxOuts &&
      `engines went out of rotation ${row.outs} times, not at most ${maxOuts}: ${row.causes.join('; ')}`,
  ].filter((goal) => goal !== false);
}

/** What may be spent at once comes on top of the rate. */
function isOverspent({ takenOverPerSecond = 0 }: RowResult, perSecond = Infinity): boolean {
  return takenOverPerSecond > perSecond * BURST;
}

function idleSlaves({ sharesBefore }: RowResult): string[] {
  return ['slave1', 'slave2', 'slave3']
    .filter((slave) => (sharesBefore[slave] ?? 0) < SHARE_OF_EACH)
    .map(
      (slave) =>
        `${slave} got ${((sharesBefore[slave] ?? 0) * 100).toFixed(0)} % of the reads before the fault`,
    );
}

function isLate(duration: Duration, withinMs: number | undefined): boolean {
  if (duration === undefined || withinMs === undefined) return false;
  return duration === 'never' || duration > withinMs;
}

function inMs(duration: Duration): string {
  return typeof duration === 'number' ? `after ${duration.toFixed(0)} ms` : 'never';
}
