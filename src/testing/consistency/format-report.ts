import { ANOMALY_KINDS, type Anomaly } from './anomaly.js';
import type { CallCounts, ConsistencyReport } from './consistency-report.js';
import type { Operation } from './operation.js';

/** The report as text for people: what ran, what was found, and the first anomaly of each kind with its proof. */
export function formatReport(report: ConsistencyReport): string {
  return [
    `${report.operations} operations in ${report.seconds.toFixed(1)} s, ${report.anomalies} anomalies`,
    callLine('reads', report.reads),
    callLine('writes', report.writes),
    `reads by engine: ${engines(report) || 'none'}`,
    ...report.errors.map(({ message, count }) => `error, ${count} times: ${message}`),
    ...ANOMALY_KINDS.flatMap((kind) => kindLines(report, kind)),
  ].join('\n');
}

/** The operations that prove an anomaly, one a line, in the order that makes it clear. */
export function explainAnomaly({ kind, expected, found, link }: Anomaly): string {
  const operations = link ? [expected, link.write, link.seenBy, found] : [expected, found];
  return [kind, ...operations.map(operationLine)].join('\n  ');
}

function callLine(what: string, { answered, errors, p50Ms, p99Ms }: CallCounts): string {
  return `${what}: ${answered}, ${errors} errors, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
}

function engines({ readsByEngine }: ConsistencyReport): string {
  return Object.entries(readsByEngine)
    .map(([engine, { share }]) => `${engine} ${(share * 100).toFixed(1)} %`)
    .join(', ');
}

function kindLines(report: ConsistencyReport, kind: Anomaly['kind']): string[] {
  const example = report.examples.find((anomaly) => anomaly.kind === kind);
  return example ? [`${report.anomaliesByKind[kind]} times, first: ${explainAnomaly(example)}`] : [];
}

function operationLine({
  client,
  kind,
  subject,
  version,
  engine,
  startedAtMs,
  endedAtMs,
}: Operation): string {
  const did = kind === 'read' ? 'read' : 'wrote';
  const where = engine === undefined ? '' : ` on ${engine}`;
  return `client ${client} ${did} version ${version} of ${subject}${where}, ${startedAtMs.toFixed(1)} to ${endedAtMs.toFixed(1)} ms`;
}
