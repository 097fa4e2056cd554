import { describe, expect, it } from '@jest/globals';
import { lineNow } from '../../../src/nest-add/line-now.js';

describe('a line of a file that has changed', () => {
  it.each([
    ['is below what was put in', 'a\nb\nc', 3, 'a\nnew\nnew\nb\nc', 5],
    ['is found with other white space', 'a\n  b', 2, 'new\na\n    b', 3],
    ['is the same one of those that are alike', 'b\na\nb', 3, 'b\nnew\na\nb', 4],
    ['is taken as it was where it is gone', 'a\nb', 2, 'a\nc', 2],
  ])('%s', (_what, before, line, after, now) => {
    expect(lineNow(before, line, after)).toBe(now);
  });
});
