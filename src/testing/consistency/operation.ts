/** What one client did to one register or list, and what came back: enough to prove an anomaly, no more is kept. */
export interface Operation {
  /** The client's number, from 0. */
  readonly client: number;
  readonly kind: 'read' | 'write';
  /** The register's or the list's name. */
  readonly subject: string;
  /** The register's version, or how many items the list had. 0: never written. */
  readonly version: number;
  /** The register's value, or the list's last item. Values are written once only. */
  readonly value: string | null;
  /** Which engine answered, where the driver knows. */
  readonly engine: string | undefined;
  /** Milliseconds since the check began. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}
