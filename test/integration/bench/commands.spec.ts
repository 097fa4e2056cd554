import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** As little work as gives a table, without the peers, which would have to be installed. */
const LITTLE = ['--dry', '--rounds', '1', '--work', '0.01', '--decisions', '100', '--routers', 'ours,2253'];

async function bench(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, ['bench/main.js', ...args])).stdout;
}

it.each([
  ['overhead', ['| primary-key read | ', '| ours | read | ', '| recipe of knex #2253 | write | ']],
  ['request', ['| express | BalancedSession | ', '| fastify | @InjectKnex() | ']],
  ['scale', ['| least-busy | ', '| heap after 100 reads | ']],
  ['intent', ['| a builder without raw fragments | ']],
  ['gain', ['| ours | ', '| recipe of knex #2253 | ']],
  ['tail', ['| one of four frozen | ours, least-busy | ', '| all well | recipe of knex #2253 | ']],
])(
  '%s prints its tables and leaves the documents alone',
  async (name, rows) => {
    const document = readFileSync('docs/benchmarks.md', 'utf8');
    const printed = await bench(name, ...LITTLE);
    for (const row of rows) expect(printed).toContain(row);
    expect(printed).not.toMatch(/NaN|undefined/);
    expect(readFileSync('docs/benchmarks.md', 'utf8')).toBe(document);
  },
  180_000,
);

it('says what there is to those who ask for something else', async () => {
  await expect(bench('nothing')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no benchmark nothing') as unknown,
  });
});
