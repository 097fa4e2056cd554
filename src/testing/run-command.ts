import { execFile } from 'node:child_process';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import { SERVER_ENVIRONMENT } from './server-environment.js';
import type { ServerUser } from './server-user.js';

/** Runs one command as the servers' user, to its end, and returns what it printed. */
export function runCommand(
  file: string,
  args: readonly string[],
  user: ServerUser | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // The servers' user may not enter our working directory, and initdb wants to come back to where it began.
    const options = { ...user, cwd: '/', env: SERVER_ENVIRONMENT };
    execFile(file, args, options, (cause, stdout, stderr) => {
      if (!cause) return resolve(stdout);
      const said = stderr.trim().split('\n').slice(-5).join('\n');
      const message = `${file} ${args.join(' ')} failed: ${said || cause.message}`;
      reject(new ReplicatedPostgresError('COMMAND_FAILED', message, { cause }));
    });
  });
}
