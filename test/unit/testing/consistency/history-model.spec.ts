import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnomalyKind } from '../../../../src/testing/index.js';
import { History } from '../../../../src/testing/consistency/history.js';
import { listReading, registerReading } from '../../../../src/testing/consistency/reading.js';
import type { Subject } from '../../../../src/testing/consistency/subject.js';
import { MemoryDatabase } from './memory-database.js';

const CLIENTS = 3;
const SUBJECTS: readonly string[] = ['x', 'y', 'z', 'list'];

/** `back`: how many of the database's writes a reading does not show. */
interface Event {
  readonly client: number;
  readonly subject: string;
  readonly back: number | 'write';
}

interface Done extends Event {
  readonly version: number;
}

const events = (backs: fc.Arbitrary<number>): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.record({
      client: fc.nat(CLIENTS - 1),
      subject: fc.constantFrom(...SUBJECTS),
      back: fc.oneof(fc.constant('write' as const), backs),
    }),
    { minLength: 10, maxLength: 60 },
  );

it('counts what a search through the whole history counts', () => {
  fc.assert(
    fc.property(events(fc.nat(6)), (story) => {
      const { counts, done } = play(story);
      expect(counts).toEqual(searched(done));
    }),
    { numRuns: 500 },
  );
});

it('finds nothing where all is read from the end', () => {
  fc.assert(
    fc.property(events(fc.constant(0)), (story) => {
      expect(Object.values(play(story).counts)).toEqual([0, 0, 0, 0, 0]);
    }),
  );
});

/** Runs the story, one operation after the other, and lets the history check it. */
function play(story: readonly Event[]): { counts: Record<AnomalyKind, number>; done: Done[] } {
  const database = new MemoryDatabase();
  const history = new History({ clients: CLIENTS, maxLagMs: undefined, examplesPerKind: 0 });
  const subjects = new Map(SUBJECTS.map((name) => [name, subjectOf(name)]));
  const done = story.map((event, at): Done => {
    const { client, subject: name, back } = event;
    const subject = subjects.get(name) as Subject;
    const occasion = { client, startedAtMs: at, endedAtMs: at + 0.5 };
    if (back === 'write') {
      const begun = history.beginWrite(client, subject, `value${at}`, at);
      const written = database.write(name, begun.value);
      history.endWrite(begun, written, at + 0.5);
      return { ...event, version: written.version };
    }
    const position = Math.max(0, database.end - back);
    const isList = subject.kind === 'list';
    const reading = isList
      ? listReading(subject, database.readList(name, position), occasion)
      : registerReading(subject, database.read(name, position), occasion);
    history.read(reading);
    return { ...event, version: reading.operation.version };
  });
  return { counts: history.counts, done };
}

function subjectOf(name: string): Subject {
  return { kind: name === 'list' ? 'list' : 'register', name, retired: false };
}

/** The definitions once more, word by word and without any bookkeeping. */
function searched(done: readonly Done[]): Record<AnomalyKind, number> {
  const counts = {
    'read-your-writes': 0,
    'monotonic-reads': 0,
    'monotonic-writes': 0,
    'writes-follow-reads': 0,
    'bounded-staleness': 0,
  };
  for (const [at, found] of done.entries()) {
    if (found.back === 'write') continue;
    const own = done.slice(0, at).filter(({ client }) => client === found.client);
    const isMissed = ({ subject, version }: Done) => subject === found.subject && version > found.version;
    if (own.some((one) => one.back === 'write' && isMissed(one))) counts['read-your-writes'] += 1;
    if (own.some((one) => one.back !== 'write' && isMissed(one))) counts['monotonic-reads'] += 1;
    const before = own.flatMap((one, index) => beforeWhatItShows(done, own, one, index));
    if (before.some((one) => one.back === 'write' && isMissed(one))) counts['monotonic-writes'] += 1;
    if (before.some((one) => one.back !== 'write' && isMissed(one))) counts['writes-follow-reads'] += 1;
  }
  return counts;
}

/** What others had done before the writes that a reading shows its client for the first time. */
function beforeWhatItShows(done: readonly Done[], own: readonly Done[], seen: Done, index: number): Done[] {
  if (seen.back === 'write') return [];
  const earlier = own
    .slice(0, index)
    .filter(({ subject, back }) => subject === seen.subject && back !== 'write');
  const known = Math.max(0, ...earlier.map(({ version }) => version));
  const shows = ({ subject, version, back }: Done) =>
    back === 'write' &&
    subject === seen.subject &&
    version > known &&
    (subject === 'list' ? version <= seen.version : version === seen.version);
  const shown = done.filter((one) => shows(one) && one.client !== seen.client);
  return shown.flatMap((write) =>
    done.slice(0, done.indexOf(write)).filter(({ client }) => client === write.client),
  );
}
