import type { OwnerUser } from './owner-process.js';

/** Whom a test must become to be an ordinary user; `undefined` when it is one already. */
export const ORDINARY_USER: OwnerUser | undefined =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
