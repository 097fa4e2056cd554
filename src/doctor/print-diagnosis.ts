import type { Diagnosis, EngineDiagnosis } from './doctor.js';
import type { Finding, Severity } from './finding.js';

const SOUND = 'sound';

/** For people: a verdict for each engine, and each finding with what to do. */
export function printDiagnosis({ engines, findings, tookMs }: Diagnosis): string {
  const width = Math.max(...engines.map(({ name }) => name.length));
  const blocks = engines.map((engine) => [headOf(engine, width), ...engine.findings.map(linesOf)].join('\n'));
  return `${blocks.join('\n\n')}\n\n${sumOf(findings)} in ${(tookMs / 1000).toFixed(1)} s`;
}

/** The exit code of the command: 2 where there is a problem, 1 where there is a warning, else 0. */
export function exitCodeOf({ findings }: Pick<Diagnosis, 'findings'>): 0 | 1 | 2 {
  if (findings.some(({ severity }) => severity === 'problem')) return 2;
  return findings.some(({ severity }) => severity === 'warning') ? 1 : 0;
}

function headOf({ name, role, address, verdict, lag }: EngineDiagnosis, width: number): string {
  const behind = lag ? `, ${lag.notSent} bytes not sent, ${lag.notReplayed} not replayed` : '';
  return `${name.padEnd(width)}  ${verdict ?? SOUND}  (${role}, ${address}${behind})`;
}

function linesOf({ severity, code, message, remedy }: Finding): string {
  return `  ${severity}: ${message}  [${code}]\n    ${remedy}`;
}

function sumOf(findings: readonly Finding[]): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const parts = (['problem', 'warning', 'note'] as const).map((severity) => {
    const found = count(severity);
    return `${found} ${severity}${found === 1 ? '' : 's'}`;
  });
  return parts.join(', ');
}
