import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

it('no read fails, and nothing stays on slaves that are late, while another process migrates all the time', async () => {
  const typescript = ['--import', './test/run-typescript.js'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...typescript,
    'scripts/check-migrations/main.ts',
    '--seconds',
    '6',
  ]);
  expect(stdout).toMatch(/^HOLDS: in 6 s of [1-9]\d* migrations 0 of [1-9]\d* reads failed/m);
});
