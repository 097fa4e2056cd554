import type { ServerResponse } from 'node:http';

/** Whether a shared cache may store a response, and give it to others (RFC 9111, 3): it says so, and nothing forbids it. */
export function mayBeShared(response: ServerResponse): boolean {
  const control = String(response.getHeader('cache-control') ?? '');
  return ALLOWED.test(control) && !FORBIDDEN.test(control);
}

const ALLOWED = /\b(public|(s-maxage|max-age)=0*[1-9])/i;
const FORBIDDEN = /\b(private|no-store)\b/i;

/** Lets scripts of other origins read a header, where the response is for them. */
export function exposeHeader(response: ServerResponse, name: string): void {
  if (!response.hasHeader('access-control-allow-origin')) return;
  const exposed = [response.getHeader(EXPOSED) ?? []].flat().map(String);
  const names = exposed.flatMap((text) => text.split(',')).map((text) => text.trim().toLowerCase());
  if (!names.includes(name.toLowerCase())) response.setHeader(EXPOSED, [...exposed, name].join(', '));
}

const EXPOSED = 'Access-Control-Expose-Headers';
