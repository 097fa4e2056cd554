import type { IncomingHttpHeaders } from 'node:http';

/** Where a master param may stand in a request. */
const SOURCES = ['query', 'body'] as const;

type Source = (typeof SOURCES)[number];
/** Both frameworks' requests, as far as they are looked at. */
export type RequestWithParams = Partial<Record<Source, unknown>> & { readonly headers?: IncomingHttpHeaders };

/** What was taken out of a request: another set of engines may look for the same. */
const taken = new WeakMap<RequestWithParams, Set<string>>();

/**
 * Tells whether any of the master params is in the request's query or body, and takes out those that are to be stripped,
 * all of them, not just the first. What was taken out of it before still counts as being there.
 */
export function takeMasterParams(request: RequestWithParams, params: ReadonlyMap<string, boolean>): boolean {
  if (params.size === 0) return false;
  const takenBefore = taken.get(request);
  let found = takenBefore !== undefined && [...params.keys()].some((name) => takenBefore.has(name));
  for (const source of SOURCES) {
    const values = request[source];
    const present = isRecord(values) ? [...params.keys()].filter((name) => Object.hasOwn(values, name)) : [];
    if (present.length === 0) continue;
    found = true;
    strip(
      request,
      source,
      values as Record<string, unknown>,
      present.filter((name) => params.get(name)),
    );
  }
  return found;
}

/**
 * Express 5 parses the query anew at each access, so it is replaced by a property of its own; Fastify takes that too.
 * The new value has the old one's prototype, null for a query, so that the handler sees the same with and without params.
 */
function strip(
  request: RequestWithParams,
  source: Source,
  values: Record<string, unknown>,
  names: readonly string[],
): void {
  if (names.length === 0) return;
  taken.set(request, new Set([...(taken.get(request) ?? []), ...names]));
  const properties = Object.entries(Object.getOwnPropertyDescriptors(values));
  const kept = Object.fromEntries(properties.filter(([name]) => !names.includes(name)));
  const value: unknown = Object.create(Object.getPrototypeOf(values) as object | null, kept);
  Object.defineProperty(request, source, { value, writable: true, configurable: true, enumerable: true });
}

/** A form that was not parsed when its fields were looked for; one interceptor after this one may do so, as multer's does. */
export function isUnparsedForm({ headers, body }: RequestWithParams): boolean {
  return !isRecord(body) && (headers?.['content-type']?.startsWith('multipart/form-data') ?? false);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
