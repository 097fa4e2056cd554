import type { ListReading, RegisterReading } from './consistency-driver.js';
import type { Operation } from './operation.js';
import type { Subject } from './subject.js';

/** What was read, and between when and when. Lists come with all their items, so it is not kept: its operation is. */
export interface Reading {
  readonly subject: Subject;
  readonly operation: Operation;
  /** The items of a list, the value of a register; empty where nothing was written yet. */
  readonly values: readonly string[];
}

/** Who read, and between when and when, in ms since the check began. */
export interface Occasion {
  readonly client: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export function registerReading(
  subject: Subject,
  { version, value, engine }: RegisterReading,
  occasion: Occasion,
): Reading {
  const operation = { ...occasion, kind: 'read', subject: subject.name, version, value, engine } as const;
  return { subject, operation, values: value === null ? [] : [value] };
}

export function listReading(subject: Subject, { values, engine }: ListReading, occasion: Occasion): Reading {
  const version = values.length;
  const value = values.at(-1) ?? null;
  const operation = { ...occasion, kind: 'read', subject: subject.name, version, value, engine } as const;
  return { subject, operation, values };
}

/**
 * Whether the reading is of that operation's version or a later one, of the same history: an earlier version with another
 * value means that the database forgot a write, as after a promotion that lost some. Of a register only its own version's
 * value can be told.
 */
export function shows({ subject, operation, values }: Reading, { version, value }: Operation): boolean {
  if (operation.version < version) return false;
  if (subject.kind === 'list') return values[version - 1] === value;
  return operation.version > version || operation.value === value;
}
