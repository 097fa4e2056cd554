import { startFaultProxy, startReplicatedPostgres } from 'nestjs-database-routing/testing';

const TABLES = `
  CREATE TABLE posts (id integer PRIMARY KEY, version double precision NOT NULL);
  INSERT INTO posts SELECT id, 0 FROM generate_series(1, 1000) id;
  -- says which server has answered: any library can read that
  CREATE VIEW seen_posts AS SELECT id, version, inet_server_port() AS port FROM posts;`;

/** A master and slaves with the benchmarks' table. */
export async function startReplication(slaves) {
  const onProgress = (step) => process.stderr.isTTY && process.stderr.write(`\r\u001B[K${step}`);
  const settings = { hot_standby_feedback: true, max_connections: 200 };
  const replication = await startReplicatedPostgres({ slaves, settings, onProgress });
  await replication.master.query(TABLES);
  await replication.caughtUp();
  return replication;
}

/** Plain data, for other processes. */
export function serversOf({ master, slaves }) {
  const connections = Object.values(slaves).map(({ name, connection }) => [name, { ...connection }]);
  return { master: { ...master.connection }, slaves: Object.fromEntries(connections) };
}

/** The same with a proxy before each slave; `proxies` by the slave's name. */
export async function behindProxies(replication) {
  const servers = serversOf(replication);
  const proxies = {};
  for (const [slave, connection] of Object.entries(servers.slaves)) {
    proxies[slave] = await startFaultProxy(connection);
    servers.slaves[slave] = { ...proxies[slave].connection };
  }
  return { servers, proxies };
}
