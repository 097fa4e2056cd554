import type { DatabaseRoutingOptions } from '../../../src/index.js';
import type { Servers } from '../../common/servers.js';

/** What the process that is shut down is told. */
export type ShutdownOrder =
  | {
      readonly kind: 'start';
      readonly servers: Servers;
      readonly options: Partial<DatabaseRoutingOptions>;
    }
  | { readonly kind: 'destroy' };

/** What it answers, one for each order. */
export type ShutdownAnswer =
  | { readonly kind: 'started' }
  | {
      readonly kind: 'destroyed';
      readonly tookMs: number;
      /** What `destroy()` rejected with. */
      readonly error: string | undefined;
      /** Sockets and timers that were not there before the routing was made. */
      readonly left: readonly string[];
    };
