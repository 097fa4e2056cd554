import { beforeEach, describe, expect, it } from '@jest/globals';
import { BOOKMARK_VERSION, BookmarkCodec } from '../../../src/clients/bookmark-codec.js';
import { Bookmarks } from '../../../src/clients/bookmarks.js';
import { Signer } from '../../../src/clients/signer.js';
import type { MasterPosition } from '../../../src/freshness/master-positions.js';
import type { Freshness } from '../../../src/freshness/freshness.js';
import { type Context, openContext } from '../../../src/context/context.js';
import { ANYWHERE, see, settleAt, witness } from '../../../src/context/seen.js';

const EPOCH = { system: '7555', timeline: 1 };
const SLAVES = ['slave1', 'slave2'];
const NO_FAULTS = { malformed: 0, forged: 0, expired: 0, future: 0, foreign: 0 };

/** What the bookmarks ask of the reads, as far as they do: where the master stands. */
class StandingMaster {
  master: { latest: MasterPosition | undefined } = { latest: undefined };
  position = 100n;
  settled = 0;
  isTold = true;

  async settle(seen: Context['work']['seen']): Promise<void> {
    const { marks } = seen;
    this.settled++;
    if (this.position < 0n) throw new Error('the master is away');
    await Promise.resolve();
    settleAt(seen, this.position, marks);
  }

  is(epoch: typeof EPOCH): void {
    this.master.latest = { position: this.position, epoch, askedAtMs: 0 };
  }
}

let master: StandingMaster;
let bookmarks: Bookmarks;
let issuedFirst = 0;
let newer: number[];
let nowSeconds = 0;
const CLOCK = { wallMs: () => nowSeconds * 1_000 };

const make = (set = 'default', secret = 'a secret of sixteen or more') =>
  new Bookmarks({
    codec: new BookmarkCodec(
      new Signer({ kind: BOOKMARK_VERSION, set, secrets: [secret], maxAgeSeconds: 3600, clock: CLOCK }),
    ),
    freshness: master as unknown as Freshness,
    isSlave: (name) => SLAVES.includes(name),
    firstIssued: () => issuedFirst++,
    newerTimeline: (timeline) => newer.push(timeline),
    seconds: 15,
    maxAgeSeconds: 3600,
    clock: CLOCK,
  });

beforeEach(() => {
  nowSeconds = 1_800_000_000;
  issuedFirst = 0;
  newer = [];
  master = new StandingMaster();
  master.is(EPOCH);
  bookmarks = make();
});

const job = () => openContext('job', { balanced: true });

function restored(...texts: string[]): Context {
  const context = job();
  bookmarks.restore(context, texts);
  return context;
}

/** The bookmark of a client that has seen so much. */
async function seenUpTo(position: bigint, place?: string): Promise<string> {
  const context = job();
  settleAt(context.work.seen, position, -1);
  if (place !== undefined) see(context.work.seen, place);
  return (await bookmarks.issue(context))!;
}

describe('a bookmark', () => {
  it('is none where nothing was seen, and nobody is asked', async () => {
    expect(await bookmarks.issue(job())).toBeUndefined();
    expect([master.settled, issuedFirst]).toEqual([0, 0]);
  });

  it('says where a slave was read, without asking anybody', async () => {
    const { work } = restored(await seenUpTo(5n, 'slave1@1'));
    expect(work.seen).toMatchObject({ position: 5n, unsettled: 'slave1@1', shown: 'slave1@1' });
    expect(work.slave).toBe('slave1');
    expect(master.settled).toBe(0);
  });

  it('settles what was seen on the master', async () => {
    const context = job();
    see(context.work.seen);
    const { seen } = restored((await bookmarks.issue(context))!).work;
    expect(seen).toMatchObject({ position: 100n, unsettled: undefined, shown: undefined });
    expect(master.settled).toBe(1);
  });

  it('says that it does not know where the master can not be asked, and never rejects', async () => {
    const context = job();
    see(context.work.seen);
    master.position = -1n;
    expect(restored((await bookmarks.issue(context))!).work.seen).toMatchObject({ unsettled: ANYWHERE });
  });

  it('says that it does not know of what came while the master was asked', async () => {
    const context = job();
    see(context.work.seen);
    const issued = bookmarks.issue(context);
    see(context.work.seen);
    expect(restored((await issued)!).work.seen).toMatchObject({ position: 100n, unsettled: ANYWHERE });
  });

  it('of a response that goes on says so, whatever is settled by then', async () => {
    const context = job();
    see(context.work.seen);
    context.work.seen.goesOn = true;
    expect(restored((await bookmarks.issue(context))!).work.seen.unsettled).toBe(ANYWHERE);
  });

  it('tells once that the first was issued', async () => {
    await seenUpTo(5n);
    await seenUpTo(6n);
    expect(issuedFirst).toBe(1);
  });
});

describe('several bookmarks', () => {
  it('merge to the furthest, in any order', async () => {
    const [near, far] = [await seenUpTo(5n), await seenUpTo(9n)];
    for (const texts of [
      [near, far],
      [far, near],
    ])
      expect(restored(...texts).work.seen).toMatchObject({ position: 9n, unsettled: undefined });
  });

  it('merge a position and a place to both', async () => {
    const seen = restored(await seenUpTo(9n), await seenUpTo(5n, 'slave1@1')).work.seen;
    expect(seen).toMatchObject({ position: 9n, unsettled: 'slave1@1' });
  });

  it('of two slaves were seen anywhere', async () => {
    const texts = [await seenUpTo(5n, 'slave1@1'), await seenUpTo(5n, 'slave2@1')];
    expect(restored(...texts).work.seen.unsettled).toBe(ANYWHERE);
  });

  it('in a store merge with what the context has seen, and leave the context as it was', async () => {
    const context = job();
    settleAt(context.work.seen, 5n, -1);
    const merged = await bookmarks.merged(context, await seenUpTo(9n));
    expect(context.work.seen.position).toBe(5n);
    expect(restored(merged!).work.seen.position).toBe(9n);
  });

  it('are not looked into when they are more than any client has', async () => {
    const { seen } = restored(...Array<string>(101).fill(await seenUpTo(5n))).work;
    expect(seen).toMatchObject({ position: 0n, unsettled: ANYWHERE });
  });
});

describe('the place that a client brought', () => {
  it('stays with the bookmark of a write, for its other requests rely on it', async () => {
    const context = restored(await seenUpTo(5n, 'slave1@1'));
    see(context.work.seen);
    expect(restored((await bookmarks.issue(context))!).work.seen).toMatchObject({
      position: 100n,
      unsettled: 'slave1@1',
    });
  });

  it('stays also when the master was found to show it all', async () => {
    const context = restored(await seenUpTo(5n, 'slave1@1'));
    see(context.work.seen);
    context.work.seen.shown = undefined;
    const { work } = restored((await bookmarks.issue(context))!);
    expect([work.seen.unsettled, work.slave]).toEqual(['slave1@1', 'slave1']);
  });

  it('makes the next request settle where it was left: a parallel one may have seen more there', async () => {
    const context = restored(await seenUpTo(5n, 'slave1@1'));
    await master.settle(context.work.seen);
    context.work.slave = 'slave2';
    see(context.work.seen, 'slave2@1');
    expect(restored((await bookmarks.issue(context))!).work.seen.unsettled).toBe(ANYWHERE);
  });

  it.each([
    ['goesOn', 3600],
    ['lingers', 60],
  ] as const)('of a response that %s makes its client ask for %i s', async (how, seconds) => {
    const context = job();
    context.work.seen[how] = true;
    let text = (await bookmarks.issue(context))!;
    for (let half = 0; half < 2; half++) {
      const { seen } = restored(text).work;
      expect(seen.unsettled).toBe(ANYWHERE);
      await master.settle(seen);
      const next = restored(text);
      settleAt(next.work.seen, 100n, next.work.seen.marks);
      see(next.work.seen, 'slave1@1');
      text = bookmarks.current(next)!;
      nowSeconds += seconds / 2;
    }
    expect(restored(text).work.seen.unsettled).toBe('slave1@1');
  });

  it('changes nothing of a bookmark that stays there', async () => {
    const context = restored(await seenUpTo(5n, 'slave1@1'));
    const before = bookmarks.content(context);
    see(context.work.seen, 'slave1@1');
    expect(bookmarks.content(context)).toBe(before);
    see(context.work.seen);
    expect(bookmarks.content(context)).not.toBe(before);
  });
});

it('is believed with the longest names that a set and a slave may have', async () => {
  const named = make('s'.repeat(64));
  const context = job();
  settleAt(context.work.seen, 2n ** 64n - 1n, -1);
  const server = `${'s'.repeat(128)}@1763781304148047`;
  SLAVES.push('s'.repeat(128));
  see(context.work.seen, server);
  Object.assign(context.work.seen, { asksUntilMs: nowSeconds * 1000 + 1000 });
  master.is({ system: '7714196583956465815', timeline: 4_294_967_295 });
  const next = job();
  named.restore(next, [(await named.issue(context))!]);
  SLAVES.pop();
  expect(next.work).toMatchObject({ slave: 's'.repeat(128), seen: { position: 2n ** 64n - 1n } });
});

describe('what a response has seen', () => {
  /** Whether the client is told of what its request does from here on. */
  function toldOf(text: string, work: (context: Context) => unknown): boolean {
    const context = restored(text);
    const before = bookmarks.standing(context);
    work(context);
    return bookmarks.hasNews(context, before);
  }

  const seeAt = (server?: string) => (context: Context) => see(context.work.seen, server);

  it('goes untold where it is nothing, or a position covers it', async () => {
    expect(toldOf(await seenUpTo(5n), () => undefined)).toBe(false);
    const settled = await seenUpTo(100n);
    const atMaster = (context: Context) => {
      see(context.work.seen);
      settleAt(context.work.seen, 100n, context.work.seen.marks);
    };
    expect(toldOf(settled, atMaster)).toBe(false);
    expect(toldOf(await seenUpTo(5n, 'slave1@1'), seeAt('slave1@1'))).toBe(false);
  });

  it('is told although the bookmark says anywhere already: a parallel one may have settled that', async () => {
    master.position = -1n;
    const anywhere = await seenUpTo(5n, ANYWHERE);
    expect(toldOf(anywhere, seeAt())).toBe(true);
    expect(toldOf(anywhere, () => undefined)).toBe(false);
  });

  it('is told anew where the bookmark that it relies on was issued a while ago', async () => {
    const text = await seenUpTo(5n, 'slave1@1');
    nowSeconds += 9;
    expect(toldOf(text, seeAt('slave1@1'))).toBe(false);
    nowSeconds += 2;
    expect(toldOf(text, seeAt('slave1@1'))).toBe(true);
    expect(toldOf(text, () => undefined)).toBe(false);
  });

  /** The bookmark of a request that came with this one, settled, and was served by slave2. */
  async function movedFrom(text: string): Promise<string> {
    const context = restored(text);
    if (context.work.seen.unsettled !== undefined) await master.settle(context.work.seen);
    context.work.slave = 'slave2';
    see(context.work.seen, 'slave2@1');
    return (await bookmarks.issue(context))!;
  }

  it('on a slave that others have left is asked for while it may rely on that, however often it is replaced', async () => {
    let text = await seenUpTo(5n, 'slave1@1');
    for (let times = 0; times < 3; times++) {
      text = await movedFrom(text);
      expect(restored(text).work.seen).toMatchObject({ position: 100n, unsettled: ANYWHERE });
    }
    nowSeconds += 26;
    expect(restored(await movedFrom(text)).work.seen.unsettled).toBe('slave2@1');
  });

  it('on one of two slaves that a client brings together is asked for as well', async () => {
    const both = restored(await seenUpTo(5n, 'slave1@1'), await seenUpTo(5n, 'slave2@1'));
    await master.settle(both.work.seen);
    see(both.work.seen, 'slave2@1');
    const text = await movedFrom((await bookmarks.issue(both))!);
    expect(restored(text).work.seen.unsettled).toBe(ANYWHERE);
  });
});

describe('a bookmark that says nothing', () => {
  const everything = { position: 0n, unsettled: ANYWHERE, shown: ANYWHERE };

  const texts: readonly (readonly [fault: string, bring: () => string | undefined])[] = [
    ['malformed', () => 'garbage'],
    ['forged', (): string | undefined => make('default', 'another secret of some length').current(seen())],
    ['foreign', () => (master.is({ ...EPOCH, timeline: 2 }), bookmarks.current(seen()))],
    ['foreign', () => (master.is({ ...EPOCH, system: '1' }), bookmarks.current(seen()))],
    ['expired', () => later(3601, () => bookmarks.current(seen()), -3601)],
    ['future', () => later(3601, () => bookmarks.current(seen()), 0)],
  ];

  it.each(texts)('is counted as %s, and its client has seen everything up to now', (fault, bring) => {
    const text = bring()!;
    master.is(EPOCH);
    expect(restored(text).work.seen).toMatchObject(everything);
    expect(bookmarks.faults).toEqual({ ...NO_FAULTS, [fault]: 1 });
  });

  it("is another set's, and then nothing was seen of this one", () => {
    expect(restored(make('reports').current(seen())!).work.seen).toMatchObject({ position: 0n, marks: 0 });
    expect(bookmarks.faults).toEqual(NO_FAULTS);
  });

  it('is one that can not be compared, since the master was not asked yet; nobody is to blame', async () => {
    const text = await seenUpTo(5n);
    master.master.latest = undefined;
    expect(restored(text).work.seen).toMatchObject(everything);
    expect(bookmarks.faults).toEqual(NO_FAULTS);
  });

  it('is of a slave that is none of the set any more', async () => {
    const { work } = restored(await seenUpTo(5n, 'slave3@1'));
    expect(work).toMatchObject({ slave: undefined, seen: { position: 5n, unsettled: ANYWHERE } });
  });

  /** Seen on a slave, so that the bookmark is not of a position only. */
  function seen(): Context {
    const context = job();
    settleAt(context.work.seen, 5n, -1);
    return context;
  }

  /** Issued so many seconds from now, and then the clock goes on by so many. */
  function later(seconds: number, work: () => string | undefined, onwards: number): string | undefined {
    nowSeconds += seconds;
    const result = work();
    nowSeconds -= seconds + onwards;
    if (onwards < 0) nowSeconds += seconds;
    return result;
  }
});

describe('a bookmark that has lived for half of its time', () => {
  it('is to be replaced, for what is seen at its place is seen now', async () => {
    const text = await seenUpTo(5n, 'slave1@1');
    expect(restored(text).work.seen.isOld).toBe(false);
    nowSeconds += 1801;
    expect(restored(text).work.seen.isOld).toBe(true);
  });
});

describe('a bookmark of another timeline', () => {
  const issuedIn = async (epoch: typeof EPOCH) => {
    master.is(epoch);
    const context = openContext('job', { balanced: true });
    see(context.work.seen);
    const text = await bookmarks.issue(context);
    master.is(EPOCH);
    return text!;
  };

  it('tells of the newer one of this system, and of no other', async () => {
    const texts = [
      await issuedIn({ ...EPOCH, timeline: 3 }),
      await issuedIn({ system: 'another', timeline: 4 }),
      await issuedIn({ ...EPOCH, timeline: 0 }),
    ];
    for (const text of texts) bookmarks.restore(openContext('job', { balanced: true }), [text]);
    expect(newer).toEqual([3]);
    expect(bookmarks.faults).toMatchObject({ foreign: 3 });
  });
});

describe('where the master tells no positions', () => {
  /** What a context has seen that comes so many seconds after the bookmark was issued. */
  async function seenAfter(seconds: number, server?: string) {
    master.isTold = false;
    const context = openContext('job', { balanced: true });
    see(context.work.seen, server);
    const text = bookmarks.current(context)!;
    nowSeconds += seconds;
    const later = openContext('job', { balanced: true });
    bookmarks.restore(later, [text]);
    return { unsettled: later.work.seen.unsettled, slave: later.work.slave };
  }

  it('a writer reads from the master for a while, and a reader stays on its slave', async () => {
    expect(await seenAfter(15)).toEqual({ unsettled: ANYWHERE, slave: undefined });
    expect(await seenAfter(15, 'slave1@1')).toEqual({ unsettled: 'slave1@1', slave: 'slave1' });
  });

  it('nothing counts that was seen longer ago', async () => {
    expect(await seenAfter(15.1)).toEqual({ unsettled: undefined, slave: undefined });
  });
});

describe('what a slave has shown and its position covers', () => {
  it('asks the master for nothing in the next request, and is still known to come from a slave', async () => {
    const context = job();
    witness(context.work.seen, 70n);
    const { work } = restored((await bookmarks.issue(context))!);
    expect(work.seen).toMatchObject({ position: 70n, unsettled: undefined, shown: ANYWHERE });
    expect(master.settled).toBe(0);
  });

  it('is no word on what was seen after it', () => {
    const context = job();
    witness(context.work.seen, 70n);
    see(context.work.seen, 'slave1@1');
    const { work } = restored(bookmarks.current(context)!);
    expect(work.seen).toMatchObject({ position: 70n, unsettled: 'slave1@1' });
  });
});
