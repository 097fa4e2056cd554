import type { RoutingLogger } from '../routing-logger.js';

/** What clients' texts are signed with. */
export interface SigningSecrets {
  readonly secrets: readonly string[];
  /** To run once, when a client is first given one. */
  readonly firstIssued: () => void;
}

/** The user's secrets; where there are none, one that lives as long as the process, and a warning when it matters. */
export function signingSecrets(
  users: readonly string[],
  what: 'Bookmarks' | 'Pins',
  { logger, newSecret }: { logger: RoutingLogger; newSecret: () => string },
): SigningSecrets {
  if (users.length > 0) return { secrets: users, firstIssued: () => undefined };
  const firstIssued = () =>
    logger.warn(
      `${what} are signed with a secret of this process alone, so other processes will not trust them. ` +
        'Set `bookmark: { secret }`, the same in all processes.',
    );
  return { secrets: [newSecret()], firstIssued };
}
