// What PostgreSQL's grammar takes of memory: npm run measure:parser-memory
import * as grammar from 'libpg-query';

const STATEMENTS = 20_000;

function told(when) {
  globalThis.gc();
  const { rss, external } = process.memoryUsage();
  const mb = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  console.log(`${when}: ${mb(rss)} resident, ${mb(external)} external`);
}

told('before');
await grammar.loadModule();
told('loaded');
for (let n = 0; n < STATEMENTS; n++)
  grammar.parseSync(`select a, b from t where x = ${n} and y in (1, 2, 3)`);
told(`after ${STATEMENTS} statements`);
for (let n = 0; n < STATEMENTS; n++)
  grammar.parseSync(`select a, b from t where x = ${n} and y in (1, 2, 3)`);
told(`after ${2 * STATEMENTS}`);
