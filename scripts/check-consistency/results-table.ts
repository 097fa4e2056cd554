import { ANOMALY_KINDS, type AnomalyKind, type ConsistencyReport } from '../../src/testing/index.js';
import type { Scenario } from './scenario.js';

/** What became of a row. */
export type Result = { readonly scenario: Scenario } & (
  | { readonly kind: 'ran'; readonly report: ConsistencyReport }
  | { readonly kind: 'skipped' | 'failed'; readonly reason: string }
);

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (report: ConsistencyReport, scenario: Scenario) => string;
}

const KIND_TITLES = {
  'read-your-writes': 'own writes',
  'monotonic-reads': 'mono reads',
  'monotonic-writes': 'mono writes',
  'writes-follow-reads': 'wr follow rd',
  'bounded-staleness': 'too stale',
} satisfies Record<AnomalyKind, string>;

const CHECKED_KINDS = ANOMALY_KINDS.filter((kind) => kind !== 'bounded-staleness');

const NAME_WIDTH = 32;
const ROUTER_WIDTH = 20;

const COLUMNS: readonly Column[] = [
  { title: 'operations', width: 10, cell: ({ operations }) => String(operations) },
  { title: 'per s', width: 6, cell: ({ operations, seconds }) => (operations / seconds).toFixed(0) },
  { title: 'anomalies', width: 9, cell: ({ anomalies }) => String(anomalies) },
  ...CHECKED_KINDS.map((kind) => ({
    title: KIND_TITLES[kind],
    width: KIND_TITLES[kind].length,
    cell: ({ anomaliesByKind }: ConsistencyReport) => String(anomaliesByKind[kind]),
  })),
  { title: 'on slaves', width: 9, cell: slavesCell },
  { title: 'errors', width: 6, cell: ({ reads, writes }) => String(reads.errors + writes.errors) },
  { title: 'read p50/p99 ms', width: 15, cell: ({ reads }) => latency(reads) },
  { title: 'write p50/p99 ms', width: 16, cell: ({ writes }) => latency(writes) },
];

export function tableHead(): string {
  const titles = COLUMNS.map(({ title, width }) => title.padStart(width)).join('  ');
  const head = `${'scenario'.padEnd(NAME_WIDTH)}  ${'router'.padEnd(ROUTER_WIDTH)}  ${titles}`;
  return `${head}\n${'-'.repeat(head.length)}`;
}

export function tableRow(result: Result): string {
  const { name, router } = result.scenario;
  const start = `${name.padEnd(NAME_WIDTH)}  ${router.padEnd(ROUTER_WIDTH)}  `;
  if (result.kind !== 'ran') return `${start}${result.kind}: ${result.reason}`;
  return (
    start + COLUMNS.map(({ cell, width }) => cell(result.report, result.scenario).padStart(width)).join('  ')
  );
}

/** After a promotion an engine's name does not say what it was. */
function slavesCell(report: ConsistencyReport, { isLasting, rolesStay }: Scenario): string {
  return isLasting && !rolesStay ? '-' : `${(shareOnSlaves(report) * 100).toFixed(1)} %`;
}

/** Of the readings whose engine is known to be another than the master. */
function shareOnSlaves({ readsByEngine }: ConsistencyReport): number {
  const onSlaves = Object.entries(readsByEngine).filter(([name]) => name !== 'master' && name !== 'unknown');
  return onSlaves.reduce((sum, [, { share }]) => sum + share, 0);
}

function latency({ p50Ms, p99Ms }: ConsistencyReport['reads']): string {
  return `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`;
}
