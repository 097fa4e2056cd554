import { writeFile } from 'node:fs/promises';
import { Check } from './check.js';
import { type CommandLine, readCommandLine, USAGE } from './command-line.js';
import { conclusion } from './conclusion.js';
import { FAULTS } from './faults/faults.js';
import { LEGEND, tableHead } from './results-table.js';

const commandLine = readCommandLine(process.argv.slice(2));
if (commandLine) await main(commandLine);
else console.log(USAGE);
// Baselines leave connections behind that wait for ever.
process.exit();

async function main(line: CommandLine): Promise<void> {
  const { only = '', json } = line;
  const faults = FAULTS.filter(({ name }) => name.toLowerCase().includes(only));
  if (faults.length === 0) throw new Error(`no fault has ${only} in its name`);
  const check = new Check(line);
  console.log(tableHead());
  await check.run(faults);
  const { rows, findings } = check;
  console.log(`${LEGEND}\n${conclusion(rows, findings)}`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ rows, findings }, undefined, 2)}\n`);
  if (findings.length > 0) process.exitCode = 1;
}
