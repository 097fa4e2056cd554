import { describe, expect, it } from '@jest/globals';
import { createRoutingEvents } from '../../../src/routing/routing-events.js';

describe('a listener that fails', () => {
  it('harms nobody: the others hear, the caller goes on, and the log says so', async () => {
    const warnings: string[] = [];
    const heard: string[] = [];
    const events = createRoutingEvents({ debug() {}, warn: (text: string) => void warnings.push(text) });
    events.on('decision', () => {
      throw new Error('thrown');
    });
    events.on('decision', () => Promise.reject(new Error('rejected')) as never);
    events.once('decision', ({ engine }) => heard.push(`once ${engine}`));
    events.on('decision', ({ engine, reason }) => heard.push(`${engine} ${reason}`));
    for (let times = 0; times < 2; times++)
      expect(events.emit('decision', { engine: 'master', reason: 'write' })).toBe(true);
    await Promise.resolve();
    expect(heard).toEqual(['once master', 'master write', 'master write']);
    expect(warnings.toSorted()).toEqual([
      "A listener of the event 'decision' failed: rejected",
      "A listener of the event 'decision' failed: rejected",
      "A listener of the event 'decision' failed: thrown",
      "A listener of the event 'decision' failed: thrown",
    ]);
    expect(events.emit('retry', { engine: 'master', error: new Error('x') })).toBe(false);
  });
});
