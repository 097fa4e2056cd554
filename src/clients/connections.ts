import { type Context, type ContextKind, type Work, openContext } from '../context/context.js';
import { type Seen, nothingSeen } from '../context/seen.js';
import type { Carrier } from './carrier.js';
import type { ClientRequest } from './client-request.js';

/** A connection that stays open, such as a socket. */
interface Connection {
  /** What was seen over it, which is its client's as long as it is open. */
  readonly seen: Seen;
  /** By time: the pins that count for its next message. */
  pins: readonly string[];
}

/**
 * What clients carry from message to message on connections that stay open. Each message has work of its own; what is seen in one
 * is seen in all, at once, since messages of one connection run side by side.
 */
export class Connections {
  private readonly all = new WeakMap<object, Connection>();
  private readonly pinned = new WeakMap<Work, Connection>();

  constructor(private readonly carrier: Carrier | undefined) {}

  /** Called with what the handshake brought, where that is known; a connection that is known stays as it is. */
  opened(key: object, handshake?: Pick<ClientRequest, 'headers'>): void {
    if (this.all.has(key)) return;
    const { carrier } = this;
    const seen = nothingSeen();
    const brought = (handshake && carrier?.broughtBy(handshake)) ?? [];
    if (!carrier?.isByTime) carrier?.take(openContext('message', { balanced: false, seen }), brought);
    this.all.set(key, { seen, pins: carrier?.isByTime ? brought : [] });
  }

  /** A context for what comes over a connection. `key` is the same object for all of it. */
  open(key: object, kind: Exclude<ContextKind, 'none'>): Context {
    this.opened(key);
    const connection = this.all.get(key)!;
    if (!this.carrier?.isByTime) return openContext(kind, { balanced: false, seen: connection.seen });
    const context = openContext(kind, { balanced: false });
    this.carrier.take(context, connection.pins);
    this.pinned.set(context.work, connection);
    return context;
  }

  /** By time, work that has written pins what comes after it. */
  ended(context: Context): void {
    const connection = this.pinned.get(context.work);
    const pin = connection && this.carrier?.tell(context);
    if (pin !== undefined) connection!.pins = [pin];
  }
}
