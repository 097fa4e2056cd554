import { it } from '@jest/globals';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('skipped: tests that become another user, because only root can\n');

/** For tests that become another user, or lock one out. */
export const itAsRoot = isRoot ? it : it.skip;
