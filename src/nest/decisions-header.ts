import type { ServerResponse } from 'node:http';
import onHeaders from 'on-headers';
import { DEFAULT_SET } from '../options/default-set.js';

export const DECISIONS_HEADER = 'Database-Engine';

/**
 * Names the engines that served a response, right before its head is sent: `slave1;reason=balanced, master;reason=write`.
 * Those of a set with a name of its own say so: `archive;reason=handler;set=reports`.
 */
export function writeDecisionsHeader(
  response: ServerResponse,
  decisions: ReadonlySet<string>,
  set: string,
): void {
  const parameter = set === DEFAULT_SET ? '' : `;set=${encodeURIComponent(set)}`;
  onHeaders(response, () => {
    if (decisions.size === 0) return;
    const own = [...decisions].map((decision) => decision + parameter);
    response.setHeader(DECISIONS_HEADER, [...own, ...headerOfOtherSets(response)].join(', '));
  });
}

/** `on-headers` calls the last listener first, so theirs come after. */
function headerOfOtherSets(response: ServerResponse): string[] {
  const header = response.getHeader(DECISIONS_HEADER);
  return typeof header === 'string' ? [header] : [];
}
