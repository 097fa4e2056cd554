import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { CONNECT_RULES } from './connect-rules.js';
import { examineEngine } from './examine-engine.js';
import type { EngineFacts } from './facts.js';
import { type ClusterFacts, type Finding, SEVERITIES, type Severity } from './finding.js';
import { GRANT_RULES } from './grant-rules.js';
import { LAG_RULES, type LagNow, lagNow } from './lag-rules.js';
import { ROLE_RULES } from './role-rules.js';
import { SETTING_RULES } from './setting-rules.js';

export interface DoctorOptions {
  /** How many processes run the app, for the arithmetic of connections. Default 1. */
  processes?: number;
}

/** What the doctor says of one engine. */
export interface EngineDiagnosis {
  readonly name: string;
  readonly role: 'master' | 'slave';
  /** Such as `db1:5432/app`. */
  readonly address: string;
  /** The worst that was found; undefined: nothing was. */
  readonly verdict: Severity | undefined;
  /** A slave's, in bytes; undefined where positions are not told. */
  readonly lag: LagNow | undefined;
  readonly findings: readonly Finding[];
}

export interface Diagnosis {
  readonly engines: readonly EngineDiagnosis[];
  /** Of all engines, the worst first. */
  readonly findings: readonly Finding[];
  /** How long it took, in ms. */
  readonly tookMs: number;
}

/** What the doctor is given. */
export interface Patient {
  readonly engines: EngineRegistry;
  readonly probeTimeoutMs: number;
  readonly clock: Clock;
}

const RULES = [...CONNECT_RULES, ...GRANT_RULES, ...ROLE_RULES, ...SETTING_RULES, ...LAG_RULES];

const WORST_FIRST: readonly Severity[] = ['problem', 'warning', 'note'];

/** Asks each engine on connections of its own, within five seconds, and says what is wrong with the set-up. Never rejects. */
export async function examine(
  { engines, probeTimeoutMs, clock }: Patient,
  { processes = 1 }: DoctorOptions = {},
): Promise<Diagnosis> {
  const sinceMs = clock.nowMs();
  const [master, ...slaves] = await examineAll([engines.master, ...engines.slaves], clock);
  const cluster: ClusterFacts = { master: master!, slaves, processes, probeTimeoutMs };
  const diagnoses = [master!, ...slaves].map((facts) => diagnosisOf(facts, cluster));
  const findings = diagnoses.flatMap((diagnosis) => diagnosis.findings);
  const sorted = WORST_FIRST.flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  );
  return { engines: diagnoses, findings: sorted, tookMs: clock.nowMs() - sinceMs };
}

/** All are met before the positions of any are compared, so that they are of the same time. */
function examineAll(engines: readonly Engine[], clock: Clock): Promise<EngineFacts[]> {
  let left = engines.length;
  let allAreMet: () => void;
  const met = new Promise<void>((resolve) => (allAreMet = resolve));
  return Promise.all(
    engines.map((engine) =>
      examineEngine(engine, clock, () => {
        if (--left === 0) allAreMet();
        return met;
      }),
    ),
  );
}

function diagnosisOf(facts: EngineFacts, cluster: ClusterFacts): EngineDiagnosis {
  const findings = findingsOf(facts, cluster);
  const { name, role, address } = facts;
  const verdict = WORST_FIRST.find((severity) => findings.some((finding) => finding.severity === severity));
  const lag = role === 'slave' && facts.server?.in_recovery ? lagNow(facts, cluster) : undefined;
  return { name, role, address, verdict, lag, findings };
}

/** Pure: what facts mean. */
export function findingsOf(facts: EngineFacts, cluster: ClusterFacts): Finding[] {
  return RULES.flatMap(([code, rule]) => {
    const found = rule(facts, cluster);
    return found ? [{ engine: facts.name, severity: SEVERITIES[code], code, ...found }] : [];
  });
}
