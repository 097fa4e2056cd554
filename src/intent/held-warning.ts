import type { RoutingLogger } from '../routing-logger.js';
import type { Catalogue } from './catalogue.js';

const VOLATILE = "select * from pg_operator o join pg_proc p on p.oid = o.oprcode where p.provolatile = 'v'";

/** Says once, however often the catalogue is read, that one volatile thing holds all reads on the master. */
export class HeldWarning {
  private holdsAll = false;

  constructor(private readonly logger: RoutingLogger) {}

  note(catalogue: Catalogue | undefined): void {
    if (!catalogue) return;
    if (catalogue.anythingMayWrite && !this.holdsAll) {
      this.logger.warn(
        `All reads run on the master, since PostgreSQL may call something volatile in any query: an implicit cast between types of its own, or an operator such as = that is not bound to a type of yours. Look at pg_cast, and at: ${VOLATILE}`,
      );
    }
    this.holdsAll = catalogue.anythingMayWrite;
  }
}
