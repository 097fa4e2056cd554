import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

it('says what there is to those who ask for something else', async () => {
  const asked = promisify(execFile)(process.execPath, ['bench/main.js', 'nothing']);
  await expect(asked).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no benchmark nothing') as unknown,
  });
});
