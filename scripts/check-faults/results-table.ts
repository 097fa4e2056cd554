import type { Duration, RowResult } from './row-result.js';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (row: RowResult) => string;
}

const FAULT_WIDTH = 32;
const ROUTER_WIDTH = 22;

const COLUMNS: readonly Column[] = [
  {
    title: 'reads/s',
    width: 11,
    cell: (row) => change(row.readsPerSecondBefore, row.readsPerSecondDuring, (number) => number.toFixed(0)),
  },
  { title: 'failed reads', width: 12, cell: ({ failedReads }) => String(failedReads) },
  { title: 'refused', width: 7, cell: ({ refusedReads }) => String(refusedReads) },
  { title: 'failed writes', width: 13, cell: ({ failedWrites }) => String(failedWrites) },
  { title: 'wrong', width: 5, cell: ({ wrong }) => String(wrong) },
  { title: 'detect ms', width: 9, cell: ({ detectMs }) => duration(detectMs) },
  { title: 'back ms', width: 7, cell: ({ backMs }) => duration(backMs) },
  {
    title: 'p99 others ms',
    width: 14,
    cell: ({ p99BeforeMs, p99DuringMs }) => change(p99BeforeMs, p99DuringMs, (ms) => ms.toFixed(0)),
  },
  { title: 'slowest ms', width: 10, cell: ({ slowestReadMs }) => slowestReadMs.toFixed(0) },
  {
    title: 'on master %',
    width: 12,
    cell: ({ onMasterBefore, onMasterDuring }) =>
      change(onMasterBefore, onMasterDuring, (share) => (share * 100).toFixed(0)),
  },
  {
    title: 'taken over/s',
    width: 12,
    cell: ({ takenOverPerSecond }) => takenOverPerSecond?.toFixed(0) ?? '-',
  },
  { title: 'outs', width: 4, cell: ({ outs }) => String(outs ?? '-') },
  { title: '1st write ms', width: 12, cell: ({ firstWriteMs }) => duration(firstWriteMs) },
  { title: 'shutdown ms', width: 11, cell: ({ shutdown }) => duration(shutdown?.tookMs) },
  { title: 'stray', width: 5, cell: ({ strayWrites }) => String(strayWrites ?? '-') },
];

export const LEGEND = `
  reads/s       that succeeded: before the fault, and during it; everybody waits for an answer before the next question
  failed        reads outside transactions, and writes, that ended with an error or took longer than 5 s
  refused       reads that the router refused, since no slave could serve and its budget for the master was spent
  wrong         a session went back in time, or an acknowledged write was missing or there twice at the end
  detect        from the fault until the router sends nothing more to the engine
  back          from the end of the fault until a read on the engine succeeds
  p99 others    reads that other engines answered: before the fault, and during it
  slowest       the slowest read that ended during the fault, failed ones included
  on master     share of the reads that the master answered: before the fault, and during it
  taken over    reads a second that the master took over during the fault, while no slave could serve
  outs          how often engines went out of rotation
  1st write     from the moment when everybody can see the new master until the first acknowledged write
  shutdown      how long our router's end took, half a second into the same fault and in the middle of its work
  stray         writes that reached the old master after it was replaced, refused there or not`;

export function tableHead(): string {
  const titles = COLUMNS.map(({ title, width }) => title.padStart(width)).join('  ');
  const head = `${'fault'.padEnd(FAULT_WIDTH)}  ${'router'.padEnd(ROUTER_WIDTH)}  ${titles}`;
  return `${head}\n${'-'.repeat(head.length)}`;
}

export function tableRow(row: RowResult): string {
  const start = rowStart(row.fault, row.router);
  return start + COLUMNS.map(({ cell, width }) => cell(row).padStart(width)).join('  ');
}

export function failedRow(fault: string, router: string, reason: string): string {
  return `${rowStart(fault, router)}could not run: ${reason}`;
}

function rowStart(fault: string, router: string): string {
  return `${fault.padEnd(FAULT_WIDTH)}  ${router.padEnd(ROUTER_WIDTH)}  `;
}

function duration(value: Duration): string {
  return typeof value === 'number' ? value.toFixed(0) : (value ?? '-');
}

function change(
  before: number | undefined,
  during: number | undefined,
  text: (value: number) => string,
): string {
  return [before, during].map((value) => (value === undefined ? '-' : text(value))).join(' → ');
}
