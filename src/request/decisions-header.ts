import type { ServerResponse } from 'node:http';
import onHeaders from 'on-headers';

export const DECISIONS_HEADER = 'Database-Engine';

/** Names the engines that served a response, right before its head is sent: `slave1;reason=balanced, master;reason=write`. */
export function writeDecisionsHeader(response: ServerResponse, decisions: ReadonlySet<string>): void {
  onHeaders(response, () => {
    if (decisions.size > 0) response.setHeader(DECISIONS_HEADER, [...decisions].join(', '));
  });
}
