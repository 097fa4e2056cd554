import { beforeEach, describe, expect, it } from '@jest/globals';
import { ASKED_AT_ONCE, askServers } from '../../../src/engines/ask-servers.js';
import { EngineServers } from '../../../src/engines/engine-servers.js';
import { stubEngine } from './stub-engine.js';

let servers: EngineServers;

beforeEach(() => {
  servers = new EngineServers();
});

describe('the servers of a name', () => {
  it('are one where each connection meets the same', () => {
    for (const run of ['A', 'A', 'A']) servers.reaches({}, run, false);
    expect(servers).toMatchObject({ newest: 'A', endpoint: 'direct', leadAround: false });
  });

  it('are one where it was started anew, or the name has moved for good', () => {
    for (const run of ['A', 'A', 'B', 'B', 'C']) servers.heard(run);
    expect(servers).toMatchObject({ newest: 'C', endpoint: 'direct', areSeveral: false });
  });

  it('are several where one comes again after another', () => {
    for (const run of ['A', 'B', 'A']) servers.heard(run);
    expect(servers).toMatchObject({ newest: 'A', endpoint: 'balanced', areSeveral: true, leadAround: true });
  });

  it('are behind a pooler where the process is another than the driver was told, several or not', () => {
    servers.reaches({}, 'A', true);
    expect(servers).toMatchObject({ endpoint: 'pooled', areSeveral: false, leadAround: true });
    for (const run of ['B', 'A']) servers.reaches({}, run, true);
    expect(servers).toMatchObject({ endpoint: 'pooled', areSeveral: true });
  });

  it('are known of each connection for its life, and of no pooled one', () => {
    const [first, second, pooled] = [{}, {}, {}];
    servers.reaches(first, 'A', false);
    servers.reaches(second, 'B', false);
    servers.reaches(pooled, 'B', true);
    expect([first, second, pooled].map((one) => servers.runOf(one))).toEqual(['A', 'B', undefined]);
    expect([first, pooled].map((one) => servers.isPooled(one))).toEqual([false, true]);
  });

  it('that are avoided take their connections with them', () => {
    const engine = stubEngine('reader');
    const [good, bad] = [{}, {}];
    engine.servers.reaches(good, 'A', false);
    engine.servers.reaches(bad, 'B', false);
    engine.servers.avoided = new Set(['B']);
    expect([good, bad].map((one) => engine.isCurrent(one))).toEqual([true, false]);
  });

  it('are remembered within bounds', () => {
    for (let run = 0; run < 1_000; run++) servers.heard(String(run));
    servers.heard('0'); // so long ago that it counts as new
    expect(servers.areSeveral).toBe(false);
  });
});

describe('to ask an engine', () => {
  const asking = (...answers: (string | Error)[]) => {
    let asked = 0;
    const ask = async () => {
      const answer = answers[asked++ % answers.length]!;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { ask, asked: () => asked };
  };

  it('takes one question where there is one server', async () => {
    const { ask, asked } = asking('A');
    expect(await askServers(stubEngine('slave1'), ask)).toEqual(['A']);
    expect(asked()).toBe(1);
  });

  it('takes several at once where there are several, and those that answer are enough', async () => {
    const reader = stubEngine('reader');
    reader.servers.areSeveral = true;
    const { ask, asked } = asking('A', new Error('gone'), 'B');
    expect(await askServers(reader, ask)).toEqual(['A', 'B']);
    expect(asked()).toBe(ASKED_AT_ONCE);
    await expect(askServers(reader, asking(new Error('all gone')).ask)).rejects.toThrow('all gone');
  });
});
