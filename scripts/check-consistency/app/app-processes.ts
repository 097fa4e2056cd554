import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Skipped } from '../scenario.js';
import { type AppMessage, type AppSettings, SETTINGS_VARIABLE } from './app-settings.js';

/** Several processes of one app, as behind a load balancer. */
export class AppProcesses {
  private constructor(
    private readonly processes: readonly ChildProcess[],
    readonly urls: readonly string[],
  ) {}

  static async start(count: number, settings: Omit<AppSettings, 'secret'>): Promise<AppProcesses> {
    const secret = randomBytes(32).toString('hex');
    const processes = Array.from({ length: count }, () => startOne({ ...settings, secret }));
    try {
      return new AppProcesses(processes, await Promise.all(processes.map(listening)));
    } catch (cause) {
      await new AppProcesses(processes, []).stop();
      throw cause;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map(stopOne));
  }
}

function startOne(settings: AppSettings): ChildProcess {
  const env = { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify(settings) };
  return fork(new URL('./main.js', import.meta.url), { env });
}

async function listening(app: ChildProcess): Promise<string> {
  const [message] = (await Promise.race([once(app, 'message'), endedEarly(app)])) as [AppMessage];
  if ('skipped' in message) throw new Skipped(message.skipped);
  return message.url;
}

async function endedEarly(app: ChildProcess): Promise<never> {
  const [code] = await once(app, 'exit');
  throw new Error(`an app's process ended with ${String(code)} before it listened; see its output above`);
}

async function stopOne(app: ChildProcess): Promise<void> {
  if (app.exitCode !== null || app.signalCode !== null) return;
  const exited = once(app, 'exit');
  if (app.connected) app.disconnect();
  await exited;
}
