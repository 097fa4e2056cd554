import { promises as dns } from 'node:dns';
import { checkKeys, checkObject, checkOneOf, refuse } from '../options/check.js';
import type { EngineOptions, SlaveOptions } from '../options/engine-options.js';
import type { SlaveSource } from '../options/slave-source.js';

/** A server that the name stands for. */
export interface DnsAddress {
  readonly host: string;
  readonly port: number;
}

/** What is used of Node's `dns.promises.Resolver`. */
export interface DnsResolver {
  resolve4(host: string): Promise<readonly string[]>;
  resolveSrv(host: string): Promise<readonly SrvRecord[]>;
  /** Gives up all its questions; called when the set is destroyed. */
  cancel?(): void;
}

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface DnsOptions {
  /** A name that stands for all slaves at once, such as a headless service of Kubernetes: what it leaves out leaves the set. */
  host: string;
  /** `'SRV'` records tell ports and weights too; of several priorities only the lowest is used. Default `'A'`. */
  type?: 'A' | 'SRV';
  /** Of the servers, where `type` is `'A'`. Default 5432. */
  port?: number;
  /** Time from one answer to the next question, in ms. Default 10,000. */
  intervalMs?: number;
  /** How to connect to a server that was found. */
  connection: (address: DnsAddress) => EngineOptions['connection'];
  /** Default: one of Node's own, which asks the system's name servers. */
  resolver?: DnsResolver;
}

const DNS_KEYS = {
  host: true,
  type: true,
  port: true,
  intervalMs: true,
  connection: true,
  resolver: true,
} satisfies Record<keyof DnsOptions, true>;

/** A name server that does not answer must not keep a process from ending for long. */
const RESOLVER_OPTIONS = { timeout: 2_000, tries: 2 };

/**
 * Slaves by a name in the DNS: `slaves: fromDns({ host: 'slaves.db.internal', connection: ({ host, port }) => ({ … }) })`.
 * They are called `slave-10.0.0.1-5432`. Throws `InvalidOptionsError` for options that can't work.
 */
export function fromDns(options: DnsOptions): SlaveSource {
  checkOptions(options);
  const { connection, intervalMs, resolver = new dns.Resolver(RESOLVER_OPTIONS) } = options;
  const find = options.type === 'SRV' ? findServices : findHosts;
  return {
    ...(intervalMs !== undefined && { intervalMs }),
    async findSlaves(signal) {
      const cancel = () => resolver.cancel?.();
      signal.addEventListener('abort', cancel);
      const found = await find(resolver, options).finally(() => signal.removeEventListener('abort', cancel));
      return Object.fromEntries(found.map((one) => [nameOf(one), slaveAt(one, connection)]));
    },
  };
}

interface Found extends DnsAddress {
  readonly weight: number;
}

async function findHosts(resolver: DnsResolver, { host, port = 5432 }: DnsOptions): Promise<Found[]> {
  const hosts = await resolver.resolve4(host);
  return hosts.map((one) => ({ host: one, port, weight: 1 }));
}

/** A weight of 0 is for servers that are rarely to be chosen (RFC 2782); with us it would be never. */
async function findServices(resolver: DnsResolver, { host }: DnsOptions): Promise<Found[]> {
  const records = await resolver.resolveSrv(host);
  const lowest = Math.min(...records.map(({ priority }) => priority));
  return records
    .filter(({ priority }) => priority === lowest)
    .map(({ name, port, weight }) => ({ host: name, port, weight: Math.max(weight, 1) }));
}

function nameOf({ host, port }: DnsAddress): string {
  return `slave-${host}-${port}`;
}

function slaveAt({ host, port, weight }: Found, connection: DnsOptions['connection']): SlaveOptions {
  return { connection: connection({ host, port }), weight };
}

function checkOptions(options: DnsOptions): void {
  checkObject('fromDns()', options);
  checkKeys('fromDns()', options, Object.keys(DNS_KEYS));
  const { host, type = 'A', port = 5432, connection } = options;
  if (typeof host !== 'string' || host === '') refuse('fromDns().host', 'a name in the DNS', host);
  checkOneOf('fromDns().type', type, ['A', 'SRV']);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    refuse('fromDns().port', 'a number from 1 up to 65535', port);
  if (typeof connection !== 'function')
    refuse('fromDns().connection', 'a function ({ host, port })', connection);
}
