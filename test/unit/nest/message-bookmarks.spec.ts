import type { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { ReplaySubject } from 'rxjs';
import type { Carrier } from '../../../src/clients/carrier.js';
import { openContext } from '../../../src/context/context.js';
import { currentContext, runInContext } from '../../../src/context/context-storage.js';
import { settleAt } from '../../../src/context/seen.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { InvalidOptionsError } from '../../../src/errors.js';
import { MessageBookmarks } from '../../../src/nest/message-bookmarks.js';
import type { RequestContexts } from '../../../src/nest/request-contexts.js';

type Packet = Record<string, unknown>;

/** Passes packets on as they are. */
const AS_IT_IS = { serialize: (packet: unknown) => packet, deserialize: (packet: unknown) => packet };

/** A bookmark is its position, in digits. */
const carrier = {
  take: ({ work }, [text = '0']) => settleAt(work.seen, BigInt(text), -1),
  tell: ({ work }) => (work.seen.position === 0n ? undefined : String(work.seen.position)),
} as Pick<Carrier, 'take' | 'tell'> as Carrier;

/** A service that answers each message with the positions that its sets have been told. */
class Service {
  serializer = AS_IT_IS;
  deserializer = AS_IT_IS;
  /** What Nest reads of packets that come. */
  readonly keys: string[][] = [];

  constructor(private readonly sets: readonly string[]) {}

  async handleMessage(raw: Packet): Promise<unknown> {
    const packet = this.deserializer.deserialize(raw) as Packet;
    this.keys.push(Object.keys(packet));
    const response = this.sets.map((set) => String(currentContext(set).work.seen.position));
    return this.serializer.serialize({ id: packet['id'], response });
  }
}

/** Sends what it publishes to a service, in a message of its own, and gives the answer to the callback. */
class Client {
  serializer = AS_IT_IS;
  deserializer = AS_IT_IS;
  readonly answered: Promise<unknown>[] = [];

  constructor(private readonly service: Service) {}

  publish(packet: Packet, callback: (answer: unknown) => void): () => void {
    Object.assign(packet, { id: 'message' });
    this.answered.push(
      this.service.handleMessage(packet).then((answer) => callback(this.deserializer.deserialize(answer))),
    );
    return () => {};
  }

  dispatchEvent(packet: Packet): unknown {
    return this.service.handleMessage(packet);
  }
}

function bind(set: string, service: Service | undefined, client?: Client): void {
  const servers = new ReplaySubject<Service>();
  if (service) servers.next(service);
  const contexts = {
    messages: {
      receive: (work: () => unknown) => runInContext(set, openContext('message', { balanced: false }), work),
    },
  };
  const bookmarks = new MessageBookmarks(
    { name: set, carrier, options: { bookmark: { messages: true } } } as DatabaseRouting,
    contexts as unknown as RequestContexts,
    { getRpcTargetRegistry: () => servers } as unknown as ModulesContainer,
    {
      getProviders: () => [{ instance: client }, { instance: client }, { instance: 1 }],
    } as unknown as DiscoveryService,
  );
  bookmarks.onModuleInit();
}

/** Sends one message in work that has seen a position of each set. */
async function send(client: Client, seen: Readonly<Record<string, bigint>>): Promise<[unknown, string[]]> {
  const contexts = Object.entries(seen).map(([set, position]) => {
    const context = openContext('job', { balanced: true });
    settleAt(context.work.seen, position, -1);
    return [set, context] as const;
  });
  let answer: unknown;
  const publish = () => void client.publish({ pattern: 'x', data: 1 }, (given) => (answer = given));
  contexts.reduce<() => void>(
    (inner, [set, context]) =>
      () =>
        runInContext(set, context, inner),
    publish,
  )();
  await Promise.all(client.answered);
  return [answer, contexts.map(([, { work }]) => String(work.seen.position))];
}

describe('bookmarks of messages', () => {
  it('are told each set its own, and Nest reads packets without them', async () => {
    const service = new Service(['one', 'other']);
    const client = new Client(service);
    for (const set of ['one', 'other']) bind(set, service, client);
    const [answer, seen] = await send(client, { one: 3n, other: 4n });
    expect(Object.entries(answer as Packet)).toEqual([
      ['id', 'message'],
      ['response', ['3', '4']],
    ]);
    expect([seen, service.keys]).toEqual([['3', '4'], [['pattern', 'data', 'id']]]);
  });

  it('are not answered to a sender that sends none', async () => {
    const service = new Service(['one']);
    bind('one', service);
    const [answer] = await send(new Client(service), { one: 3n });
    expect(answer).toEqual({ id: 'message', response: ['0'] });
  });

  it.each([[{ one: 7 }], ['text'], [null]])(
    'are no others than texts by the names of sets: %j',
    async (found) => {
      const service = new Service(['one']);
      bind('one', service);
      expect(await service.handleMessage({ id: 'message', databaseBookmarks: found })).toMatchObject({
        response: ['0'],
      });
    },
  );

  it('are refused at boot by a Nest that tells of no servers', () => {
    const old = {} as ModulesContainer;
    const routing = { name: 'one', carrier, options: { bookmark: { messages: true } } } as DatabaseRouting;
    const create = () => new MessageBookmarks(routing, {} as RequestContexts, old, {} as DiscoveryService);
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(/bookmark\.messages needs Nest 11\.1\.6 or later/);
  });
});
