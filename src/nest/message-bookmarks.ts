import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import type { Carrier } from '../clients/carrier.js';
import type { Context, Work } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { InvalidOptionsError } from '../errors.js';
import { nestVersion } from './nest-check.js';
import { RequestContexts } from './request-contexts.js';
import { ROUTING } from './tokens.js';

/** What travels between microservices, with what this adds to it: bookmarks by the names of sets. */
interface Packet {
  id?: string;
  databaseBookmarks?: Readonly<Record<string, string>>;
}

interface Serializer {
  serialize(packet: Packet, ...more: unknown[]): unknown;
}

interface Deserializer {
  deserialize(packet: unknown, ...more: unknown[]): unknown;
}

/** As much of Nest's server of messages, such as `ServerTCP`, as is looked at. */
interface MessageServer {
  serializer: Serializer;
  deserializer: Deserializer;
  handleMessage?(...args: unknown[]): unknown;
}

/** The same of a `ClientProxy`. */
interface MessageClient {
  deserializer: Deserializer;
  publish(packet: Packet, callback: unknown): () => void;
  dispatchEvent(packet: Packet): unknown;
}

/**
 * Sends a sender's bookmark along with its message, in a field of the packet beside its data, and that of the message's
 * handler back with each answer. For transports whose packets are objects, such as TCP and Redis.
 */
@Injectable()
export class MessageBookmarks implements OnModuleInit {
  private readonly set: string;
  private readonly carrier: Carrier | undefined;
  /** Whose answers are awaited, by the ids of messages. */
  private readonly senders = new Map<string, Context>();
  /** Work of messages whose senders know of bookmarks; others could not read an answer with one. */
  private readonly ofKnowing = new WeakSet<Work>();

  constructor(
    @Inject(ROUTING) { name, options, carrier }: DatabaseRouting,
    @Inject(RequestContexts) private readonly contexts: RequestContexts,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {
    this.set = name;
    this.carrier = options.bookmark.messages ? carrier : undefined;
    if (!options.bookmark.messages) return;
    assertTellsServers(modules);
    modules.getRpcTargetRegistry<MessageServer>().subscribe((server) => this.receive(server));
  }

  onModuleInit(): void {
    if (!this.carrier) return;
    const instances = new Set(this.discovery.getProviders().map(({ instance }) => instance as unknown));
    for (const instance of instances) if (isClient(instance)) this.send(instance);
  }

  private receive(server: MessageServer): void {
    const handleMessage = server.handleMessage?.bind(server);
    if (!handleMessage) return;
    const { serializer, deserializer } = server;
    server.handleMessage = (...args) => this.contexts.messages.receive(() => handleMessage(...args));
    server.deserializer = {
      deserialize: (packet, ...more) => {
        const context = currentContext(this.set);
        if (bookmarksOf(packet)) this.ofKnowing.add(context.work);
        return deserializer.deserialize(this.taken(packet, context), ...more);
      },
    };
    server.serializer = {
      serialize: (packet, ...more) => {
        const isKnowing = this.ofKnowing.has(currentContext(this.set).work);
        return serializer.serialize(isKnowing ? this.told(packet) : packet, ...more);
      },
    };
  }

  private send(client: MessageClient): void {
    const [publish, dispatchEvent] = [client.publish.bind(client), client.dispatchEvent.bind(client)];
    const { deserializer } = client;
    client.dispatchEvent = (packet) => dispatchEvent(this.told(packet));
    client.publish = (packet, callback) => {
      const told = this.told(packet);
      const end = publish(told, callback);
      const { id } = told;
      if (id === undefined) return end;
      this.senders.set(id, currentContext(this.set));
      return () => {
        this.senders.delete(id);
        end?.();
      };
    };
    client.deserializer = {
      deserialize: (packet, ...more) => {
        const sender = this.senders.get((packet as Packet | undefined)?.id ?? '');
        return deserializer.deserialize(this.taken(packet, sender), ...more);
      },
    };
  }

  /** The packet without its bookmark; what is around the work that it is for sees it as well. */
  private taken(packet: unknown, context: Context | undefined): unknown {
    const bookmarks = bookmarksOf(packet);
    if (!bookmarks) return packet;
    const bookmark: unknown = bookmarks[this.set];
    if (context && typeof bookmark === 'string') {
      for (let work: Work | undefined = context.work; work; work = work.outer)
        this.carrier?.take({ ...context, work }, [bookmark]);
    }
    // other sets' are read after this; Nest takes an answer with a field that it does not know for another system's
    return Object.defineProperty({ ...(packet as Packet) }, 'databaseBookmarks', { enumerable: false });
  }

  private told(packet: Packet): Packet {
    const context = currentContext(this.set);
    const bookmark = context.kind === 'none' ? undefined : this.carrier?.tell(context);
    const own = bookmark === undefined ? undefined : { [this.set]: bookmark };
    return { ...packet, databaseBookmarks: { ...packet.databaseBookmarks, ...own } };
  }
}

function bookmarksOf(packet: unknown): Packet['databaseBookmarks'] {
  const bookmarks: unknown = (packet as Packet | undefined)?.databaseBookmarks;
  return typeof bookmarks === 'object' && bookmarks !== null
    ? (bookmarks as Record<string, string>)
    : undefined;
}

function isClient(instance: unknown): instance is MessageClient {
  const { publish, dispatchEvent, deserializer } = (instance ?? {}) as Partial<MessageClient>;
  return typeof publish === 'function' && typeof dispatchEvent === 'function' && deserializer !== undefined;
}

function assertTellsServers(modules: Partial<ModulesContainer>): void {
  if (modules.getRpcTargetRegistry) return;
  throw new InvalidOptionsError(
    `bookmark.messages needs Nest 11.1.6 or later, and this is ${nestVersion()}. Update it, or leave the option out and put ` +
      'the bookmark into messages yourself: routing.bookmark() and routing.run({ bookmark }).',
  );
}
