import { type ConsistencyProgress, type ConsistencyReport, explainAnomaly } from '../../src/testing/index.js';
import { Databases } from '../common/databases.js';
import { Progress } from '../common/progress.js';
import { CheckDatabase } from './check-database.js';
import { ANYWHERE_SCENARIOS } from './anywhere/anywhere-scenarios.js';
import { BETWEEN_SCENARIOS, PROMOTION } from './between/between-scenarios.js';
import { type CommandLine, readCommandLine, USAGE } from './command-line.js';
import { NAIVE_SCENARIOS } from './naive-scenarios.js';
import { OUR_SCENARIOS } from './our-scenarios.js';
import { RELATED_SCENARIOS } from './related/related-scenarios.js';
import { type Result, tableHead, tableRow } from './results-table.js';
import { runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';

const commandLine = readCommandLine(process.argv.slice(2));
if (commandLine) await main(commandLine);
else console.log(USAGE);

async function main(line: CommandLine): Promise<void> {
  const all = wanted(
    [...OUR_SCENARIOS, ...ANYWHERE_SCENARIOS, ...RELATED_SCENARIOS, ...BETWEEN_SCENARIOS, ...NAIVE_SCENARIOS],
    line,
  );
  const oursWanted = all.filter(({ isOurs }) => isOurs);
  const naiveWanted = all.filter(({ isOurs }) => !isOurs);
  if (oursWanted.length + naiveWanted.length === 0)
    throw new Error(`no row's name and router match ${line.only}`);
  const databases = new Databases(() => CheckDatabase.start());
  try {
    console.log(tableHead());
    const ours = await runOurs(oursWanted, databases, line);
    const naive = await runAll(naiveWanted, databases, line.seconds);
    console.log(conclusion(ours));
    for (const { scenario } of naive.filter(isBlind))
      console.log(`${scenario.name}, ${scenario.router}: no anomaly was found, so this check finds none`);
    if (ours.some(isFault) || naive.some(isBlind)) process.exitCode = 1;
  } finally {
    await databases.drop();
  }
}

/** Round after round, until there are as many operations as were asked for. */
async function runOurs(
  scenarios: readonly Scenario[],
  databases: Databases<CheckDatabase>,
  line: CommandLine,
): Promise<Result[]> {
  const results: Result[] = [];
  for (;;) {
    const round = await runAll(scenarios, databases, line.seconds);
    results.push(...round);
    if (operationsOf(results) >= line.operations || operationsOf(round) === 0) return results;
  }
}

async function runAll(
  scenarios: readonly Scenario[],
  databases: Databases<CheckDatabase>,
  seconds: number,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    const { name, router, minSeconds = 0 } = scenario;
    const progress = new Progress(`${index + 1}/${scenarios.length} ${name}, ${router}`);
    const show = (state: ConsistencyProgress) => progress.show(progressText(state));
    const result = await runScenario(scenario, databases, Math.max(seconds, minSeconds), show);
    progress.clear();
    console.log(tableRow(result));
    results.push(result);
  }
  return results;
}

function progressText({ seconds, operations, anomalies }: ConsistencyProgress): string {
  return `${seconds.toFixed(0)} s, ${operations} operations, ${anomalies} anomalies`;
}

function wanted(scenarios: readonly Scenario[], { only }: CommandLine): readonly Scenario[] {
  return scenarios.filter(({ name, router }) => only.test(`${name} ${router}`));
}

function isFault(result: Result): boolean {
  if (result.kind === 'ran') return result.report.anomalies > 0;
  return result.kind === 'failed';
}

/** What is wrong on purpose was not found out. */
function isBlind(result: Result): boolean {
  return result.scenario.mustFind === true && result.kind !== 'skipped' && !isFault(result);
}

function operationsOf(results: readonly Result[]): number {
  return results.reduce((sum, result) => sum + (result.kind === 'ran' ? result.report.operations : 0), 0);
}

/** What the errors said, one proof for each row with anomalies, and the sum. */
function conclusion(results: readonly Result[]): string {
  const lines = results.flatMap((result) =>
    result.kind === 'ran' ? remarks(result.scenario, result.report) : [],
  );
  const anomalies = results.reduce(
    (sum, result) => sum + (result.kind === 'ran' ? result.report.anomalies : 0),
    0,
  );
  if (results.length === 0) return '\nNone of our rows was asked for';
  return ['', ...lines, `Ours: ${anomalies} anomalies in ${operationsOf(results)} operations`].join('\n');
}

function remarks({ name, router }: Scenario, { errors, examples, faults }: ConsistencyReport): string[] {
  const row = `${name}, ${router}`;
  const [error, anomaly] = [errors[0], examples[0]];
  const promotions = faults.filter(
    (fault) => fault.name === PROMOTION && fault.startedAtSeconds !== undefined,
  );
  return [
    ...(promotions.length > 0 ? [`${row}: ${promotions.length} promotions`] : []),
    ...(error ? [`${row}: ${error.count} times: ${error.message.slice(0, 200)}`] : []),
    ...(anomaly ? [`${row}: ${explainAnomaly(anomaly)}`] : []),
  ];
}
