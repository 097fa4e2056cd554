import { afterEach, describe, expect, it } from '@jest/globals';
import { Consistency, type DatabaseRouting, bounded, createDatabaseRouting } from '../../../src/index.js';
import { checkEngineNames } from '../../../src/nest/engine-names.check.js';

let routing: DatabaseRouting;

afterEach(() => routing.destroy());

class Prices {
  @Consistency(bounded(500))
  current() {}

  @Consistency('strong')
  agreed() {}
}

function check(client: string, method: 'current' | 'agreed'): void {
  // nothing is asked of it: the checks come before
  routing = createDatabaseRouting({ client, master: { connection: { host: '127.0.0.1', port: 1 } } });
  const methods = [[method, Prices.prototype[method]]] as const;
  checkEngineNames({ routing, sets: [routing.name] }, [{ type: Prices, methods }]);
}

describe('a bound on how old reads of a handler are', () => {
  it('is refused on a database that tells no positions', () => {
    expect(() => check('mysql2', 'current')).toThrow(
      '@Consistency(bounded(…)) on Prices.current has no effect here: only PostgreSQL tells',
    );
  });

  it.each([
    ['pg', 'current'],
    ['mysql2', 'agreed'],
  ] as const)('is taken on %s for the method %s', (client, method) => {
    expect(() => check(client, method)).not.toThrow();
  });
});
