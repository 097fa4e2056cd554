import { fork } from 'node:child_process';

/**
 * Runs each variant in fresh processes, in alternating order, and gives each one's figures. A variant is the argument of
 * the script, which sends one number per run.
 */
export async function alternate(script, variants, rounds) {
  const figures = new Map(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? variants : variants.toReversed();
    for (const variant of order) figures.get(variant).push(await runOnce(script, variant));
    process.stderr.write(`\r${script.pathname.split('/').at(-1)}: round ${round + 1} of ${rounds}`);
  }
  process.stderr.write('\n');
  return figures;
}

function runOnce(script, variant) {
  return new Promise((resolve, reject) => {
    const child = fork(script, [variant], { execArgv: ['--expose-gc'] });
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${variant} ended with code ${code} before it had a figure`)),
    );
  });
}

export function median(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half of the distance between the quartiles, in percent of the median. */
export function spread(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return ((at(0.75) - at(0.25)) / 2 / median(figures)) * 100;
}
