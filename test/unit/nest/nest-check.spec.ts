import { expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../../src/errors.js';
import { checkNest } from '../../../src/nest/nest-check.js';

it('a Nest before 11.1 is refused in one sentence that says what is supported', () => {
  const ofNest10 = { httpAdapter: undefined };
  expect(() => checkNest(ofNest10 as never)).toThrow(InvalidOptionsError);
  expect(() => checkNest(ofNest10 as never)).toThrow(
    /^Nest \S+ is not supported, 11\.1 and later and 12 are\. Install one: npm install /,
  );
});
