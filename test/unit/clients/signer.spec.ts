import { describe, expect, it } from '@jest/globals';
import { Signer } from '../../../src/clients/signer.js';

const SECRET = 'a secret that nobody knows';

/** Signs and verifies at a time of its own; texts last 15 s. */
function signerAt(seconds: number, { kind = 'p1', set = 'default', secrets = [SECRET] } = {}): Signer {
  return new Signer({ kind, set, secrets, maxAgeSeconds: 15, clock: { wallMs: () => seconds * 1_000 } });
}

describe('a signed text', () => {
  const text = signerAt(1000).sign(['one', '', 'three']);

  it('gives its fields back', () => {
    expect(signerAt(1000).verify(text)).toMatchObject({ fields: ['one', '', 'three'], isOld: false });
    expect(signerAt(1000).verify(signerAt(1000).sign([]))).toMatchObject({ fields: [], isOld: false });
  });

  it.each([
    [1014.999, { fields: ['one', '', 'three'], isOld: true }],
    [1015.001, 'expired'],
    [940.001, { fields: ['one', '', 'three'], isOld: false }],
    [939.9, 'future'],
  ])('at %s s, signed at 1000 s for 15 s, is %j', (now, verdict) => {
    expect({ verdict: signerAt(now).verify(text) }).toMatchObject({ verdict });
  });

  it('takes letters only that cookies and headers take as they are', () => {
    const strange = signerAt(0, { set: 'reports: "ä"; x' }).sign(['; , "', 'ö']);
    expect(strange).toMatch(/^[\w.-]+$/);
  });

  it('is verified by every secret, and signed by the first', () => {
    const rotated = signerAt(1000, { secrets: ['a newer secret than that', SECRET] });
    expect(rotated.verify(text)).toMatchObject({ fields: ['one', '', 'three'], isOld: false });
    expect(signerAt(1000).verify(rotated.sign([]))).toBe('forged');
  });

  it('means nothing to another kind or set', () => {
    expect(signerAt(1000, { kind: '1' }).verify(text)).toBe('malformed');
    expect(signerAt(1000, { set: 'reports' }).verify(text)).toBe('other set');
  });

  it.each([
    ['', 'malformed'],
    ['.', 'malformed'],
    ['p1..', 'malformed'],
    ['p1.a.b.c', 'malformed'],
    ['p1.a.b', 'forged'],
    [`p1.%00.${'A'.repeat(22)}`, 'forged'],
    ['x'.repeat(1_000_000), 'malformed'],
    ['p1.'.repeat(300_000), 'malformed'],
  ])('is not %.20s', (other, fault) => {
    expect(signerAt(1000).verify(other)).toBe(fault);
  });

  it('is forged when any one letter of it is another, or missing', () => {
    for (let index = 3; index < text.length; index++) {
      const letter = text[index] === 'A' ? 'Q' : 'A';
      for (const other of [letter, ''])
        expect(signerAt(1000).verify(text.slice(0, index) + other + text.slice(index + 1))).toMatch(
          /^(forged|malformed)$/,
        );
    }
  });
});
