import { fork } from 'node:child_process';

/**
 * Runs each variant in fresh processes, in alternating order, and gives each one's figures. A script's arguments are the
 * variant's name and the settings as JSON; it sends one figure per run, which is a number or an object of them.
 * `asks`: what the script may have done by this process meanwhile, by name, such as killing a server. `settings.node`: the
 * Node that runs it, this one if there is none.
 */
export async function alternate(script, variants, rounds, settings = {}, asks = {}) {
  const figures = new Map(variants.map((variant) => [variant, []]));
  const name = settings.title ?? script.pathname.split('/').at(-1);
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? variants : variants.toReversed();
    for (const [index, variant] of order.entries()) {
      progress(`${name}: round ${round + 1} of ${rounds}, ${index + 1} of ${order.length}: ${variant}`);
      figures.get(variant).push(await runOnce(script, variant, settings, asks));
      await asks.after?.();
    }
  }
  progress();
  return figures;
}

function progress(text = '') {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

function runOnce(script, variant, settings, asks) {
  return new Promise((resolve, reject) => {
    const child = fork(script, [variant, JSON.stringify(settings)], {
      execPath: settings.node ?? process.execPath,
      execArgv: ['--expose-gc'],
    });
    child.on('message', (message) => {
      if (message.ask === undefined) return resolve(message);
      asks[message.ask]().then(() => child.connected && child.send('done'), reject);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${variant} ended with code ${code} before it had a figure`)),
    );
  });
}

/** In a script: what it was started with. */
export const variant = process.argv[2];
export const settings = () => JSON.parse(process.argv[3] ?? '{}');

/** In a script: has the starting process do something, and waits for it. */
export function ask(what) {
  const done = new Promise((resolve) => process.once('message', resolve));
  process.send({ ask: what });
  return done;
}

/** In a script: the figure, and the end. */
export function tell(figure) {
  if (process.send) {
    process.send(figure, () => process.exit());
  } else {
    console.log(figure); // started by hand, under a profiler say
    process.exit();
  }
}

export function median(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half of the distance between the quartiles, in the figures' unit. */
export function quartiles(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return (at(0.75) - at(0.25)) / 2;
}

/** The same in percent of the median. */
export function spread(figures) {
  return (quartiles(figures) / median(figures)) * 100;
}
