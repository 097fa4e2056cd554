import { setTimeout as sleepMs } from 'node:timers/promises';
import { Load } from '../load/load.js';
import { Recording } from '../load/recording.js';
import { startOurs } from '../ours.js';
import type { RouterUnderFault } from '../routers/router-under-fault.js';
import type { ShutdownAnswer, ShutdownOrder } from './shutdown-message.js';

/** A process with our router and its load, which is told to shut down, and then ends of itself or not at all. */
const LET_SOCKETS_CLOSE_MS = 100;

const before = process.getActiveResourcesInfo();
let running: { readonly router: RouterUnderFault; readonly load: Load } | undefined;

process.on('message', (order: ShutdownOrder) => {
  void obey(order).then((answer) => process.send!(answer));
});

async function obey(order: ShutdownOrder): Promise<ShutdownAnswer> {
  if (order.kind === 'destroy') return destroy();
  const recording = new Recording();
  process.on('unhandledRejection', recording.addUnhandled);
  const router = await startOurs(order.servers, () => undefined, order.options);
  running = { router, load: Load.start(router, recording, `shutdown ${process.pid} ${Date.now()}`) };
  return { kind: 'started' };
}

/** While contexts are in the middle of their work. */
async function destroy(): Promise<ShutdownAnswer> {
  const beganMs = performance.now();
  const stopped = running!.load.stop();
  const error = await running!.router.close().then(
    () => undefined,
    (cause: Error) => cause.message,
  );
  const tookMs = performance.now() - beganMs;
  await stopped;
  await sleepMs(LET_SOCKETS_CLOSE_MS);
  const left = added();
  setImmediate(() => process.disconnect());
  return { kind: 'destroyed', tookMs, error, left };
}

/** The pipe to whoever gives the orders is not the routing's. */
function added(): string[] {
  const known = [...before, 'PipeWrap'];
  return process.getActiveResourcesInfo().filter((resource) => {
    const index = known.indexOf(resource);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}
