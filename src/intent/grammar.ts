import type { RoutingLogger } from '../routing-logger.js';
import { type ParseSql, loadSqlParser } from './sql-parser.js';

/** PostgreSQL's grammar, which is loaded for the first query, and not sooner. */
export class Grammar {
  /** Undefined until it is there. */
  parse: ParseSql | undefined;
  private loading: Promise<void> | undefined;

  /** `changed`: it is there; `mended`: it failed, and is there again. */
  constructor(private readonly parts: { logger: RoutingLogger; changed: () => void; mended: () => void }) {}

  /** Resolves when it is there, or can't be. Never rejects. */
  loaded(): Promise<void> {
    return (this.loading ??= this.load());
  }

  private async load(): Promise<void> {
    const { logger, changed, mended } = this.parts;
    try {
      this.parse = await loadSqlParser({
        broken: (cause) =>
          logger.warn(
            `The SQL parser failed and is loaded anew, till then raw SQL runs on the master: ${String(cause)}`,
          ),
        mended,
      });
      changed();
    } catch (error) {
      logger.warn(`The SQL parser can't be loaded, so raw SQL runs on the master: ${String(error)}`);
    }
  }
}
