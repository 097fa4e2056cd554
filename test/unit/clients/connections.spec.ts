import { describe, expect, it } from '@jest/globals';
import type { Carrier } from '../../../src/clients/carrier.js';
import { Connections } from '../../../src/clients/connections.js';
import { noFaults } from '../../../src/clients/carried-faults.js';
import type { Context } from '../../../src/context/context.js';
import { see, settleAt } from '../../../src/context/seen.js';

/** By position everything that is brought is at 5; by time one pin counts. */
class FakeCarrier implements Carrier {
  readonly faults = noFaults();

  constructor(readonly isByTime: boolean) {}

  attach = () => () => {};
  load = () => undefined;
  finish = () => undefined;
  handshakeCookie = () => undefined;

  broughtBy({ headers }: { headers: { cookie?: string } }): string[] {
    return headers.cookie === undefined ? [] : [headers.cookie];
  }

  take({ work }: Context, texts: readonly string[]): void {
    if (this.isByTime) work.pinned = texts.includes('a pin that counts');
    else if (texts.length > 0) settleAt(work.seen, 5n, -1);
  }

  tell({ work }: Context): string | undefined {
    return work.wrote ? 'a pin that counts' : undefined;
  }
}

const BROUGHT = { headers: { cookie: 'a pin that counts' } };

function messages(isByTime = false): { connections: Connections; of: (socket: object) => Context } {
  const connections = new Connections(new FakeCarrier(isByTime));
  return { connections, of: (socket) => connections.open(socket, 'message') };
}

describe('messages of one connection', () => {
  it('begin with what the handshake brought', () => {
    const { connections, of } = messages();
    const socket = {};
    connections.opened(socket, BROUGHT);
    connections.opened(socket, undefined); // another gateway on the same server
    expect(of(socket).work.seen.position).toBe(5n);
  });

  it('see what others have seen, also while those go on', () => {
    const { of } = messages();
    const socket = {};
    const [first, second, stranger] = [of(socket), of(socket), of({})];
    see(first.work.seen, 'slave1@1');
    expect([second, stranger].map(({ work }) => work.seen.unsettled)).toEqual(['slave1@1', undefined]);
  });

  it('are not held on the master by a write of another message', () => {
    const { of } = messages();
    const socket = {};
    of(socket).work.wrote = true;
    expect(of(socket).work).toMatchObject({ wrote: false, pinned: false });
  });

  it('are pinned by time by what the handshake brought, or an earlier message wrote', () => {
    const { connections, of } = messages(true);
    const [writer, other, brought] = [{}, {}, {}];
    const message = of(writer);
    message.work.wrote = true;
    connections.ended(message);
    connections.opened(brought, BROUGHT);
    expect([writer, other, brought].map((socket) => of(socket).work.pinned)).toEqual([true, false, true]);
  });

  it('keep their pin when a later message does not write', () => {
    const { connections, of } = messages(true);
    const writer = {};
    const message = of(writer);
    message.work.wrote = true;
    connections.ended(message);
    connections.ended(of(writer));
    expect(of(writer).work.pinned).toBe(true);
  });

  it('have contexts of their own where nothing is carried', () => {
    const connections = new Connections(undefined);
    const socket = {};
    connections.opened(socket, BROUGHT);
    const [one, other] = [connections.open(socket, 'message'), connections.open(socket, 'message')];
    connections.ended(one);
    expect([one.kind, one.balanced, one.work === other.work]).toEqual(['message', false, false]);
  });
});
