/** What the page shows of a server, as it is at the moment. */
export interface ServerView {
  readonly name: string;
  readonly role: 'master' | 'slave';
  /** In one word: `up`, `paused`, `frozen`, `stopped`, or the routing's own, such as `lagging`. */
  readonly state: string;
  /** Why the routing does not use it; empty while it does. */
  readonly because: string;
  /** How far it is behind the master, in ms; null where that is not known. */
  readonly lagMs: number | null;
  /** The newest post that it has; null where it has none, or does not answer. */
  readonly newest: number | null;
  /** What may be done with it. */
  readonly actions: readonly ServerAction[];
}

export const SERVER_ACTIONS = [
  'pause',
  'resume',
  'freeze',
  'thaw',
  'kill',
  'restart',
  'start',
  'promote',
] as const;

export type ServerAction = (typeof SERVER_ACTIONS)[number];

export interface ServersView {
  readonly servers: readonly ServerView[];
  /** How long slaves wait before they replay a commit, in ms; null where the servers are not ours. */
  readonly delayMs: number | null;
}
