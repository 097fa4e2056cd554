import { execFileSync, spawn } from 'node:child_process';
import { freePort } from '../../dist/esm/testing/free-port.js';

/** Shows what a command printed only where it failed; returns it. */
export function execute(command, cwd, env = {}) {
  try {
    return execFileSync('sh', ['-c', command], {
      cwd,
      env: { ...process.env, ...env, CI: 'true' },
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 600_000,
    });
  } catch (error) {
    throw new Error(`${command} failed\n${error.stdout}\n${error.stderr}`, { cause: error });
  }
}

/** Which server answers a read of the app that runs: `master`, or a slave. */
export async function answerOf(app, env) {
  const port = await freePort();
  const options = {
    cwd: app,
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  };
  const server = spawn('node', ['dist/main.js'], options);
  try {
    const posts = await eventually(() =>
      fetch(`http://127.0.0.1:${port}/posts`).then((answer) => answer.json()),
    );
    return posts[0].server.split('.').at(-1);
  } finally {
    server.kill();
  }
}

export async function eventually(ask) {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
