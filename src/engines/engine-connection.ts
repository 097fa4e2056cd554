/** What we use of a connection of pg's; other drivers' may lack all of it. */
export interface EngineConnection {
  query?(sql: string, done: (error: Error | null, results: unknown) => void): void;
  once?(event: 'end', listener: () => void): void;
  readonly connection?: { readonly stream?: { destroy(): void } };
}

/** Breaks it without a word to the server, which may be frozen: what runs on it fails at once. */
export function sever({ connection }: EngineConnection): void {
  connection?.stream?.destroy();
}
