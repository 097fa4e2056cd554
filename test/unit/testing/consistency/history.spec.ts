import { describe, expect, it } from '@jest/globals';
import { History } from '../../../../src/testing/consistency/history.js';
import { listReading, registerReading } from '../../../../src/testing/consistency/reading.js';
import type { Subject } from '../../../../src/testing/consistency/subject.js';

const NONE = {
  'read-your-writes': 0,
  'monotonic-reads': 0,
  'monotonic-writes': 0,
  'writes-follow-reads': 0,
  'bounded-staleness': 0,
};

/** Says what happened in short lines; each operation takes one ms and none runs at the same time as another. */
class Story {
  readonly history: History;
  private nowMs = 0;
  private readonly subjects = new Map<string, Subject>();

  constructor(maxLagMs?: number) {
    this.history = new History({ clients: 3, maxLagMs, examplesPerKind: 10 });
  }

  get counts() {
    return this.history.counts;
  }

  writes(client: number, name: string, version: number, value = `${name}${version}`): this {
    const begun = this.history.beginWrite(client, this.subject(name), value, this.nowMs++);
    this.history.endWrite(begun, { version, engine: 'master' }, this.nowMs++);
    return this;
  }

  /** The outcome is not told to the client. */
  failsToWrite(client: number, name: string, version: number): this {
    this.history.beginWrite(client, this.subject(name), `${name}${version}`, this.nowMs++);
    return this;
  }

  reads(
    client: number,
    name: string,
    version: number,
    value = version > 0 ? `${name}${version}` : null,
  ): this {
    this.history.read(registerReading(this.subject(name), { version, value }, this.occasion(client)));
    return this;
  }

  readsList(client: number, name: string, ...values: string[]): this {
    this.history.read(listReading(this.subject(name, 'list'), { values }, this.occasion(client)));
    return this;
  }

  appends(client: number, name: string, version: number): this {
    this.subject(name, 'list');
    return this.writes(client, name, version);
  }

  waits(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  retires(name: string): this {
    this.history.retire(this.subject(name));
    return this;
  }

  private occasion(client: number) {
    return { client, startedAtMs: this.nowMs++, endedAtMs: this.nowMs++ };
  }

  private subject(name: string, kind: Subject['kind'] = 'register'): Subject {
    const subject = this.subjects.get(name) ?? { kind, name, retired: false };
    this.subjects.set(name, subject);
    return subject;
  }
}

const [ann, bob, cem] = [0, 1, 2];

describe('read your writes', () => {
  it('is broken by a reading older than the own write', () => {
    const { counts, history } = new Story().writes(ann, 'x', 1).reads(ann, 'x', 0);
    expect(counts).toEqual({ ...NONE, 'read-your-writes': 1 });
    expect(history.examples).toMatchObject([
      { expected: { kind: 'write', version: 1 }, found: { kind: 'read', version: 0 }, link: undefined },
    ]);
  });

  it('is broken again by each such reading', () => {
    expect(new Story().writes(ann, 'x', 1).reads(ann, 'x', 0).reads(ann, 'x', 0).counts).toEqual({
      ...NONE,
      'read-your-writes': 2,
    });
  });

  it('allows what others have written since', () => {
    expect(new Story().writes(ann, 'x', 1).writes(bob, 'x', 2).reads(ann, 'x', 2).counts).toEqual(NONE);
  });

  it('promises nothing to others', () => {
    expect(new Story().writes(ann, 'x', 1).reads(bob, 'x', 0).counts).toEqual(NONE);
  });

  it('promises nothing after a write whose outcome was not told', () => {
    expect(new Story().failsToWrite(ann, 'x', 1).reads(ann, 'x', 0).counts).toEqual(NONE);
  });

  it('is broken by another value in the place of the own, as after a promotion that lost it', () => {
    expect(new Story().writes(ann, 'x', 1).reads(ann, 'x', 1, "somebody else's").counts).toEqual({
      ...NONE,
      'read-your-writes': 1,
    });
  });

  it('is broken by a list that lacks the own item', () => {
    const story = () => new Story().appends(bob, 'l', 1).appends(ann, 'l', 2);
    expect(story().readsList(ann, 'l', 'l1').counts).toEqual({ ...NONE, 'read-your-writes': 1 });
    expect(story().readsList(ann, 'l', 'l1', 'other', 'l3').counts).toEqual({
      ...NONE,
      'read-your-writes': 1,
    });
    expect(story().readsList(ann, 'l', 'l1', 'l2', 'l3').counts).toEqual(NONE);
  });
});

describe('monotonic reads', () => {
  it('are broken by going back', () => {
    expect(new Story().writes(ann, 'x', 1).reads(bob, 'x', 1).reads(bob, 'x', 0).counts).toEqual({
      ...NONE,
      'monotonic-reads': 1,
    });
  });

  it('are kept by each client for itself', () => {
    expect(new Story().writes(ann, 'x', 1).reads(bob, 'x', 1).reads(cem, 'x', 0).counts).toEqual(NONE);
  });

  it('are held against the newest seen, not the last', () => {
    const story = new Story().writes(ann, 'x', 1).writes(ann, 'x', 2);
    expect(story.reads(bob, 'x', 2).reads(bob, 'x', 1).reads(bob, 'x', 1).counts['monotonic-reads']).toBe(2);
  });

  it('are broken by a list whose seen item is another', () => {
    expect(new Story().readsList(bob, 'l', 'a').readsList(bob, 'l', 'b', 'a').counts).toEqual({
      ...NONE,
      'monotonic-reads': 1,
    });
  });
});

describe('monotonic writes', () => {
  it("are broken by seeing somebody's second write and then not the first", () => {
    const { counts, history } = new Story()
      .writes(ann, 'x', 1)
      .writes(ann, 'y', 1)
      .reads(bob, 'y', 1)
      .reads(bob, 'x', 0);
    expect(counts).toEqual({ ...NONE, 'monotonic-writes': 1 });
    expect(history.examples).toMatchObject([
      {
        expected: { client: ann, kind: 'write', subject: 'x' },
        found: { client: bob, kind: 'read', subject: 'x', version: 0 },
        link: {
          write: { client: ann, subject: 'y', version: 1 },
          seenBy: { client: bob, kind: 'read', subject: 'y', version: 1 },
        },
      },
    ]);
  });

  it('allow seeing neither, or the first alone', () => {
    const story = () => new Story().writes(ann, 'x', 1).writes(ann, 'y', 1);
    expect(story().reads(bob, 'y', 0).reads(bob, 'x', 0).counts).toEqual(NONE);
    expect(story().reads(bob, 'x', 1).reads(bob, 'y', 0).counts).toEqual(NONE);
  });

  it('allow reading x first and y later', () => {
    expect(
      new Story().writes(ann, 'x', 1).writes(ann, 'y', 1).reads(bob, 'x', 0).reads(bob, 'y', 1).counts,
    ).toEqual(NONE);
  });

  it('hold for a second write that was seen before it was acknowledged', () => {
    const { counts, history } = new Story()
      .writes(ann, 'x', 1)
      .failsToWrite(ann, 'y', 1)
      .reads(bob, 'y', 1)
      .reads(bob, 'x', 0);
    expect(counts).toEqual({ ...NONE, 'monotonic-writes': 1 });
    expect(history.examples[0]?.link?.write).toMatchObject({ client: ann, subject: 'y', version: 1 });
  });

  it('hold for each item of a list', () => {
    const story = new Story().writes(ann, 'x', 1).appends(ann, 'l', 1).appends(cem, 'l', 2);
    expect(story.readsList(bob, 'l', 'l1', 'l2').reads(bob, 'x', 0).counts).toEqual({
      ...NONE,
      'monotonic-writes': 1,
    });
  });

  it('are no matter of the own writes, which are counted already', () => {
    const story = new Story().writes(ann, 'x', 1).writes(ann, 'y', 1).reads(ann, 'y', 1);
    expect(story.reads(ann, 'x', 0).counts).toEqual({ ...NONE, 'read-your-writes': 1 });
  });
});

describe('writes that follow reads', () => {
  it("are broken by seeing somebody's answer and then not what it answers", () => {
    const { counts, history } = new Story()
      .writes(ann, 'x', 1)
      .reads(bob, 'x', 1)
      .writes(bob, 'y', 1)
      .reads(cem, 'y', 1)
      .reads(cem, 'x', 0);
    expect(counts).toEqual({ ...NONE, 'writes-follow-reads': 1 });
    expect(history.examples).toMatchObject([
      {
        expected: { client: bob, kind: 'read', subject: 'x' },
        found: { client: cem },
        link: { write: { client: bob, subject: 'y' } },
      },
    ]);
  });

  it('allow an answer to something older', () => {
    const story = new Story().reads(bob, 'x', 0).writes(bob, 'y', 1).writes(ann, 'x', 1).reads(bob, 'x', 1);
    expect(story.reads(cem, 'y', 1).reads(cem, 'x', 0).counts).toEqual(NONE);
  });
});

describe('bounded staleness', () => {
  it('is broken by a reading that lacks what was acknowledged before the bound', () => {
    const story = () => new Story(100).writes(ann, 'x', 1);
    expect(story().waits(100).reads(bob, 'x', 0).counts).toEqual({ ...NONE, 'bounded-staleness': 1 });
    expect(story().waits(90).reads(bob, 'x', 0).counts).toEqual(NONE);
  });

  it('looks at the newest write before the bound', () => {
    const story = new Story(100).writes(ann, 'x', 1).waits(100).writes(ann, 'x', 2);
    expect(story.reads(bob, 'x', 1).counts).toEqual(NONE);
  });

  it('holds the later of two versions that were acknowledged in the other order', () => {
    const history = new History({ clients: 1, maxLagMs: 100, examplesPerKind: 1 });
    const subject: Subject = { kind: 'register', name: 'x', retired: false };
    const [first, second] = ['x1', 'x2'].map((value) => history.beginWrite(ann, subject, value, 0));
    if (second) history.endWrite(second, { version: 2 }, 1);
    if (first) history.endWrite(first, { version: 1 }, 2);
    const occasion = { client: ann, startedAtMs: 200, endedAtMs: 201 };
    history.read(registerReading(subject, { version: 1, value: 'x1' }, occasion));
    expect(history.counts).toEqual({ ...NONE, 'read-your-writes': 1, 'bounded-staleness': 1 });
  });

  it('is not asked for by default', () => {
    expect(new Story().writes(ann, 'x', 1).waits(1e6).reads(bob, 'x', 0).counts).toEqual(NONE);
  });
});

it('checks nothing on a retired list', () => {
  const story = new Story(100).appends(ann, 'l', 1).readsList(bob, 'l', 'l1').retires('l');
  expect(
    story.readsList(ann, 'l').readsList(bob, 'l').appends(ann, 'l', 2).readsList(ann, 'l').counts,
  ).toEqual(NONE);
});
