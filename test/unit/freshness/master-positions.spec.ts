import { beforeEach, describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';
import { FRESHNESS_QUESTIONS } from '../../../src/freshness/freshness-questions.js';
import { MasterPositions } from '../../../src/freshness/master-positions.js';
import { AskedKnex, turn } from './asked-knex.js';

const CLUSTER = { system: '7555', segment: '16777216' };
const at = (lsn: string, timeline = 1) => ({
  lsn,
  walfile: `${timeline.toString(16).padStart(8, '0')}0000000000000001`,
});

let master: AskedKnex;
let positions: MasterPositions;
let nowMs = 0;

beforeEach(() => {
  nowMs = 1000;
  master = new AskedKnex();
  const engine = stubEngine('master', 'master', { probes: master.knex });
  positions = new MasterPositions(
    FRESHNESS_QUESTIONS,
    () => engine,
    clockAt(() => nowMs),
  );
});

/** With the first answer, which takes two questions. */
async function known(lsn = '0/1000800'): Promise<void> {
  const asked = positions.ask();
  await turn();
  await master.answer(CLUSTER);
  await master.answer(at(lsn));
  await asked;
}

describe('the first question', () => {
  it('asks which cluster it is, and then where its log stands', async () => {
    const asked = positions.ask();
    await turn();
    expect(master.questions).toEqual([expect.stringContaining('pg_control_system')]);
    await master.answer(CLUSTER);
    nowMs += 5;
    await master.answer(at('0/1000800', 3));
    expect(await asked).toEqual({
      position: 0x1000800n,
      epoch: { system: '7555', timeline: 3 },
      askedAtMs: 1000,
    });
    expect(positions.latest).toBe(await asked);
  });

  it('is asked again where it failed', async () => {
    const failed = positions.ask();
    const expectation = expect(failed).rejects.toThrow('no answer');
    await turn();
    await master.fail();
    await expectation;
    await known();
    expect(positions.latest?.position).toBe(0x1000800n);
  });

  it('is the only one about the cluster', async () => {
    await known();
    const again = positions.ask();
    await turn();
    await master.answer(at('0/1000900'));
    expect((await again).position).toBe(0x1000900n);
    expect(master.questions.filter((sql) => sql.includes('pg_control_system'))).toHaveLength(1);
  });
});

describe('callers at the same time', () => {
  it('share one question', async () => {
    await known();
    const asked = [positions.ask(), positions.ask(), positions.ask()];
    await turn();
    expect(master.waiting).toBe(1);
    await master.answer(at('0/1000900'));
    expect(new Set(await Promise.all(asked)).size).toBe(1);
  });

  it('who come while a question is under way share the next, which is sent after the last of them', async () => {
    await known();
    const first = positions.ask();
    await turn();
    const second = positions.ask();
    const third = positions.ask();
    await turn();
    expect(master.waiting).toBe(1); // the question under way covers neither of them
    await master.answer(at('0/1000900'));
    expect((await first).position).toBe(0x1000900n);
    expect(master.waiting).toBe(1);
    await master.answer(at('0/1000A00'));
    expect([(await second).position, (await third).position]).toEqual([0x1000a00n, 0x1000a00n]);
  });

  it('fail together, and the next asks anew', async () => {
    await known();
    const failed = Promise.allSettled([positions.ask(), positions.ask()]);
    await turn();
    await master.fail();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = positions.ask();
    await turn();
    await master.answer(at('0/1000900'));
    expect((await next).position).toBe(0x1000900n);
  });

  it('who wait for the next question get it also where the one before failed', async () => {
    await known();
    const first = positions.ask().catch(() => 'failed');
    await turn();
    const second = positions.ask();
    await master.fail();
    expect(await first).toBe('failed');
    await master.answer(at('0/1000900'));
    expect((await second).position).toBe(0x1000900n);
  });
});

describe('an answer that came another way, with COMMIT', () => {
  it('can be read once the cluster is known', async () => {
    expect(positions.note(at('0/1000900'))).toBeUndefined();
    await known();
    expect(positions.note(at('0/1000900', 2))).toMatchObject({
      position: 0x1000900n,
      epoch: { system: '7555', timeline: 2 },
    });
    expect(positions.latest?.position).toBe(0x1000800n);
  });

  it('is where replay stands when only the header of the next page was counted', async () => {
    await known();
    expect(positions.note(at('0/1002018'))?.position).toBe(0x1002000n);
  });
});
