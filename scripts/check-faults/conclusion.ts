import type { RowResult } from './row-result.js';

const ERROR_LENGTH = 160;

/** What our rows failed with, what they broke, and the sum. */
export function conclusion(rows: readonly RowResult[], findings: readonly string[]): string {
  const ours = rows.filter(({ router }) => router === 'ours');
  if (ours.length + findings.length === 0) return '\nNone of our rows was asked for';
  return ['', ...ours.flatMap(remarks), '', ...findings, sum(ours, findings)].join('\n');
}

function remarks({ fault, errors, wrongExamples }: RowResult): string[] {
  const [example] = wrongExamples;
  return [
    ...errors.map(({ message, count }) => `${fault}: ${count} times: ${message.slice(0, ERROR_LENGTH)}`),
    ...(example === undefined ? [] : [`${fault}: wrong: ${example}`]),
  ];
}

function sum(ours: readonly RowResult[], findings: readonly string[]): string {
  const rows = `${ours.length} rows of ours`;
  return findings.length === 0 ? `${rows} reached all goals` : `${rows} broke ${findings.length} goals`;
}
