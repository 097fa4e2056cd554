import type { Mode } from '../options/mode.js';
import type { Reason } from '../routing/decision.js';
import type { ReadShare, RoutingReport, StayingReads } from '../routing/routing-report.js';

/** So many lines of each list. */
const MOST_LINES = 20;

const WHY = {
  transaction: 'in a transaction that may write',
  write: 'not proved a read',
  query: 'the query, or its Knex, names the master',
  scope: 'a usingEngine scope names the master',
  'master-param': 'the request has a master param',
  handler: '@WithEngine names the master',
  rule: "router, tables or reads: 'master' says so",
  consistency: 'as fresh as only the master is, or answered differently by slaves',
  wrote: 'its request, message or job has written, or its HTTP method says that it may',
  pin: 'its client wrote a moment ago',
  'no-context': 'in no request, message or job, or before its handler',
  bookmark: 'no slave showed in time what its client has seen',
  balanced: 'chosen by the balancer',
  mode: 'the mode says so',
  'no-slave': 'no slave could serve',
  stale: 'a slave that lags',
} satisfies Record<Reason, string>;

const TITLE = {
  on: 'reads that went to slaves',
  shadow: 'reads that would have gone to slaves',
  master: 'reads, all of them on the master',
} satisfies Record<Mode, string>;

/** A report as a page of plain text. */
export function reportPage(report: RoutingReport): string {
  const { name, mode, since, forMs, total, writes, stays, handlers, shapes, held, readThenWrites } = report;
  const staying = shapes.filter(({ reads, moved }) => moved < reads);
  return [
    `Database routing, set '${name}', mode '${mode}', since ${since.toISOString()} (${(forMs / 1000).toFixed(0)} s)`,
    '',
    `${TITLE[mode]}: ${shareText(total)}${total.waited > 0 ? `; ${total.waited} of them wait for a slave first` : ''}`,
    `writes: ${writes}`,
    ...list('What stays on the master, and why', stays, stayText),
    ...list('By handler', handlers, (one) => `${shareText(one)}  ${one.handler}${staysText(one.stays)}`),
    ...list(
      'Queries that stay',
      staying,
      (one) => `${shareText(one)}  ${one.shape}${staysText(one.stays)}${siteText(one.site)}`,
    ),
    ...list(
      'Held: they look like reads, and are not proved to be such',
      held,
      ({ reads, because, shape, site }) => `${reads} × ${shape}: ${because}${siteText(site)}`,
    ),
    ...list(
      'Read on a slave, then written by the same work',
      readThenWrites,
      ({ kind, table, shape, site }) => `a ${kind}, table ${table}: ${shape}${siteText(site)}`,
    ),
    '',
  ].join('\n');
}

function list<Item>(title: string, items: readonly Item[], text: (item: Item) => string): string[] {
  if (items.length === 0) return [];
  const more = items.length - MOST_LINES;
  const rest = more > 0 ? [`  and ${more} more`] : [];
  return ['', title, ...items.slice(0, MOST_LINES).map((item) => `  ${text(item)}`), ...rest];
}

function shareText({ reads, moved, share, timeShare }: ReadShare): string {
  return `${moved} of ${reads} (${percent(share)}), ${percent(timeShare)} of their time`;
}

function stayText({ reason, reads, ms }: StayingReads): string {
  return `${reads} (${ms.toFixed(0)} ms)  ${reason}: ${WHY[reason]}`;
}

function staysText(stays: readonly StayingReads[]): string {
  return stays.length === 0 ? '' : ` [${stays.map(({ reason, reads }) => `${reason} ${reads}`).join(', ')}]`;
}

function siteText(site: string | undefined): string {
  return site === undefined ? '' : `\n      at ${site}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
