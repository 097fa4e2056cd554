import { describe, expect, it } from '@jest/globals';
import { NO_CONTEXT, openContext } from '../../../src/context/context.js';
import { NoContextError } from '../../../src/errors.js';
import { refusedWithout } from '../../../src/routing/no-context.js';

const WITHOUT = { engine: 'master', reason: 'no-context' } as const;
const rules = (refusesNoContext: boolean) =>
  ({ engineForRead: undefined, reads: 'slaves', consistency: 'session', refusesNoContext }) as const;

describe('a read without a context', () => {
  it('is refused where the options say so', () => {
    expect(refusedWithout(WITHOUT, NO_CONTEXT, rules(true))).toBeInstanceOf(NoContextError);
    expect(refusedWithout(WITHOUT, NO_CONTEXT, rules(false))).toBeUndefined();
  });

  it('is not refused in a request whose handler has not begun, nor where an engine is named', () => {
    const request = openContext('request', { balanced: false });
    expect(refusedWithout(WITHOUT, request, rules(true))).toBeUndefined();
    expect(refusedWithout({ engine: 'master', reason: 'query' }, NO_CONTEXT, rules(true))).toBeUndefined();
  });
});
