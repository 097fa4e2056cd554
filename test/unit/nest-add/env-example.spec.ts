import { describe, expect, it } from '@jest/globals';
import { envExample } from '../../../src/nest-add/env-example.js';
import { optionsFromEnv } from '../../../src/options/options-from-env.js';

/** The variables that a file sets. */
const setBy = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => line.split(/=(.*)/).slice(0, 2) as [string, string]),
  );

describe('.env.example', () => {
  it('is made with what the module reads', () => {
    const variables = setBy(envExample('', true));
    expect(Object.keys(variables)).toEqual(['DATABASE_MASTER_URL', 'DATABASE_MODE']);
    expect(variables['DATABASE_MODE']).toBe('shadow');
    const warnings: string[] = [];
    expect(optionsFromEnv(variables, 'DATABASE_', { warn: (line) => warnings.push(line) })).toMatchObject({
      master: { connection: variables['DATABASE_MASTER_URL'] },
    });
    expect(warnings).toEqual([]);
  });

  it('keeps what is there, and has the rest at its end', () => {
    const before = '# of the app\nPORT=3000\nexport DATABASE_MODE=on\n\n';
    const after = envExample(before, true);
    expect(after.startsWith('# of the app\nPORT=3000\nexport DATABASE_MODE=on\n\n# ')).toBe(true);
    expect(after).not.toContain('DATABASE_MODE=shadow');
    expect(envExample(after, true)).toBe(after);
  });

  it('has no second address of the master', () => {
    expect(envExample('DATABASE_URL=postgres://db/app\n', true)).not.toContain('MASTER');
    expect(envExample('', false)).not.toContain('MASTER');
  });

  it('keeps its line ends', () => {
    expect(envExample('A=1\r\n', true).replaceAll('\r\n', '')).not.toContain('\n');
  });

  it.each(['', 'A=1', 'DATABASE_URL=x\n'])('is the same after a second time: %j', (before) => {
    const after = envExample(before, true);
    expect(after).not.toBe(before);
    expect(envExample(after, true)).toBe(after);
  });
});
