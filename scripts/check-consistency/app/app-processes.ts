import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AppMessage, type AppSettings, SETTINGS_VARIABLE } from './app-settings.js';

/** Several processes of one app, as behind a load balancer. */
export class AppProcesses {
  private constructor(
    private readonly processes: readonly ChildProcess[],
    readonly urls: readonly string[],
  ) {}

  /** `execArgv`: what Node needs to run `main` where it is not compiled. */
  static async start(
    count: number,
    settings: Omit<AppSettings, 'secret'>,
    main: URL = new URL('./main.js', import.meta.url),
    execArgv: readonly string[] = [],
  ): Promise<AppProcesses> {
    const secret = randomBytes(32).toString('hex');
    const env = { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify({ ...settings, secret }) };
    const processes = Array.from({ length: count }, () => fork(main, { env, execArgv: [...execArgv] }));
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

async function listening(app: ChildProcess): Promise<string> {
  const [{ url }] = (await Promise.race([once(app, 'message'), endedEarly(app)])) as [AppMessage];
  return url;
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
