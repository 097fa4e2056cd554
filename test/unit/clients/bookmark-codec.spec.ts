import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BOOKMARK_VERSION, type Bookmark, BookmarkCodec } from '../../../src/clients/bookmark-codec.js';
import { MOST_WRITTEN, markOf } from '../../../src/context/others.js';
import { Signer } from '../../../src/clients/signer.js';
import { cpuMsOf } from '../cpu-time.js';

const SECRET = 'a secret of sixteen or more';
const MAX_AGE_SECONDS = 3600;
const FAULTS = ['malformed', 'forged', 'expired', 'future', 'other set'];

let now = 1_800_000_000;
const CLOCK = { wallMs: () => now * 1_000 };
const codec = (set = 'default', secrets: readonly string[] = [SECRET]) =>
  new BookmarkCodec(
    new Signer({ kind: BOOKMARK_VERSION, set, secrets, maxAgeSeconds: MAX_AGE_SECONDS, clock: CLOCK }),
  );

const BOOKMARK: Bookmark = {
  epoch: { system: '7555000111222333444', timeline: 3 },
  position: 0x16b374d848n,
  unsettled: 'slave1@1763781304148047',
};

/** The middle part, read and written again by `change`, under the old signature. */
function tampered(text: string, change: (fields: string) => string): string {
  const [version, fields = '', signature] = text.split('.');
  const changed = Buffer.from(change(Buffer.from(fields, 'base64url').toString())).toString('base64url');
  return `${version}.${changed}.${signature}`;
}

/** Moves the clock for a while. */
function secondsLater<Result>(seconds: number, work: () => Result): Result {
  now += seconds;
  try {
    return work();
  } finally {
    now -= seconds;
  }
}

describe('a bookmark', () => {
  it('comes back as it went', () => {
    expect(codec().decode(codec().encode(BOOKMARK))).toMatchObject({ ...BOOKMARK, isOld: false });
  });

  it('comes back with the tables that its client has written', () => {
    const others = { position: 0x16b374d000n, written: [markOf('a'), markOf('things')] };
    for (const asksUntilMs of [undefined, 1_800_000_500_000]) {
      const text = codec().encode({ ...BOOKMARK, asksUntilMs, others });
      expect(codec().decode(text)).toMatchObject({ ...BOOKMARK, others, asksUntilMs: asksUntilMs ?? 0 });
    }
  });

  it('is taken back with as many tables as there may be, and leaves them out beside a long name', () => {
    const written = Array.from({ length: MOST_WRITTEN }, (_, at) => markOf(`table${at}`));
    const others = { position: 2n ** 64n - 2n, written };
    const full = { ...BOOKMARK, position: 2n ** 64n - 1n, asksUntilMs: 1_800_000_500_000, others };
    expect(codec().decode(codec().encode(full))).toMatchObject({ others });
    const beside = { ...full, unsettled: 'x'.repeat(170) };
    expect(codec().decode(codec().encode(beside))).toMatchObject({ ...beside, others: undefined });
  });

  it('says to builds that know of no tables what all reads must show', () => {
    const text = codec().encode({ ...BOOKMARK, others: { position: 1n, written: [markOf('a')] } });
    const fields = Buffer.from(text.split('.')[1]!, 'base64url').toString().split(':').slice(2);
    const { epoch, position, unsettled } = BOOKMARK;
    expect(fields.slice(0, 4)).toEqual([epoch.system, '3', position.toString(36), unsettled]);
    expect(parseInt(fields[4]!, 36)).toBe(0); // until when it asks the master: a time that is past
  });

  it('comes back as it went, whatever it says', () => {
    const place = fc.option(fc.stringMatching(/^[A-Za-z0-9_.-]{1,40}(@[0-9]{16})?$/), { nil: undefined });
    const bookmark = fc.record({
      epoch: fc.record({ system: fc.stringMatching(/^[0-9]{1,20}$/), timeline: fc.nat() }),
      position: fc.bigInt(0n, 2n ** 64n - 1n),
      unsettled: fc.oneof(place, fc.constant('*')),
    });
    const set = fc.string({ unit: 'grapheme', maxLength: 10 });
    fc.assert(
      fc.property(bookmark, set, (one, name) => {
        expect(codec(name).decode(codec(name).encode(one))).toMatchObject({ ...one, isOld: false });
      }),
    );
  });

  it('is made of letters that a cookie and a header take as they are', () => {
    expect(codec('sets:of;all,kinds').encode(BOOKMARK)).toMatch(/^[A-Za-z0-9._-]{1,200}$/);
  });

  it('is old after half of its life', () => {
    const text = codec().encode(BOOKMARK);
    const isOld = () => (codec().decode(text) as { isOld: boolean }).isOld;
    expect(secondsLater(MAX_AGE_SECONDS / 2, isOld)).toBe(false);
    expect(secondsLater(MAX_AGE_SECONDS / 2 + 1, isOld)).toBe(true);
  });

  it('is taken with any of the secrets, and given with the first, so that they can be rotated', () => {
    const [before, after] = ['the secret of yesterday', 'the secret of tomorrow'];
    const old = codec('default', [before]).encode(BOOKMARK);
    const rotating = codec('default', [after, before]);
    expect(rotating.decode(old)).toMatchObject(BOOKMARK);
    expect(codec('default', [after]).decode(rotating.encode(BOOKMARK))).toMatchObject(BOOKMARK);
    expect(codec('default', [before]).decode(rotating.encode(BOOKMARK))).toBe('forged');
    expect(codec('default', [after]).decode(old)).toBe('forged');
  });
});

describe('a text that is no bookmark to rely on', () => {
  const text = codec().encode(BOOKMARK);

  it('is forged when a single bit of it was changed', () => {
    for (let at = 2; at < text.lastIndexOf('.'); at++) {
      const other = text[at] === 'A' ? 'B' : 'A';
      if (text[at] === other || text[at] === '.') continue;
      expect(FAULTS).toContain(codec().decode(text.slice(0, at) + other + text.slice(at + 1)));
    }
  });

  it('is forged when it claims another position, place, epoch, set or age', () => {
    const claims: ((fields: string) => string)[] = [
      (fields) => fields.replace('slave1', 'slave2'),
      (fields) => fields.replace('7555000111222333444:3', '7555000111222333444:4'),
      (fields) => fields.replace(/^default/, 'reports'),
      (fields) => fields.replace(BOOKMARK.position.toString(36), '0'),
      (fields) => fields.replace((now * 1000).toString(36), ((now + 9999) * 1000).toString(36)),
    ];
    for (const claim of claims) expect(codec().decode(tampered(text, claim))).toBe('forged');
    expect(codec().decode(tampered(text, (fields) => fields))).toMatchObject(BOOKMARK); // the claims changed something
  });

  it('is forged with another secret', () => {
    expect(codec('default', ['another secret of some length']).decode(text)).toBe('forged');
  });

  it('is refused when it was cut off, wherever', () => {
    for (let length = 0; length < text.length; length++)
      expect(['malformed', 'forged']).toContain(codec().decode(text.slice(0, length)));
  });

  it('is of another set, and then none of our business', () => {
    expect(codec().decode(codec('reports').encode(BOOKMARK))).toBe('other set');
  });

  it('expires', () => {
    expect(secondsLater(MAX_AGE_SECONDS, () => codec().decode(text))).toMatchObject(BOOKMARK);
    expect(secondsLater(MAX_AGE_SECONDS + 1, () => codec().decode(text))).toBe('expired');
  });

  it('is from the future when the clocks differ by more than a minute', () => {
    const issued = (seconds: number) => secondsLater(seconds, () => codec().encode(BOOKMARK));
    expect(codec().decode(issued(60))).toMatchObject(BOOKMARK);
    expect(codec().decode(issued(61))).toBe('future');
  });

  it('is malformed at a length of 1 MB, of another version, and with parts too many or too few', () => {
    const megabyte = '1.'.padEnd(1_048_576, 'A');
    for (const one of [megabyte, '', '.', '..', '1..', '2' + text.slice(1), `${text}.x`, '-', 'null'])
      expect(codec().decode(one)).toBe('malformed');
  });

  it('is told by its length alone at 1 MB, in no time', () => {
    const megabyte = `1.${'A'.repeat(524_288)}.${'A'.repeat(524_288)}`;
    const decode = () => void codec().decode(megabyte);
    decode();
    expect(cpuMsOf(() => Array.from({ length: 100 }).forEach(decode))).toBeLessThan(200);
  });

  it('never throws and never passes, whatever it is made of', () => {
    const signed = fc.tuple(fc.constantFrom('1', '2', ''), fc.base64String(), fc.base64String());
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 500 }),
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      signed.map((parts) => parts.join('.')),
    );
    fc.assert(fc.property(garbage, (one) => FAULTS.includes(codec().decode(one) as string)));
  });
});
