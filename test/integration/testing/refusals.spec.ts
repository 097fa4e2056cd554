import { describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { startReplicatedPostgres, type ReplicatedPostgresOptions } from '../../../src/testing/index.js';

describe('startReplicatedPostgres refuses', () => {
  it.each([
    [{ slaves: -1 }, 'slaves must be a number from 0 or names, got -1'],
    [{ slaves: ['a', 'b', 'a'] }, 'slaves must have different names, got a twice'],
    [{ slaves: ['master'] }, 'not be master, got "master"'],
    [{ slaves: ['../up'] }, 'got "../up"'],
    [{ settings: { port: 5432 } }, 'settings.port is set for each server; leave it out'],
    [{ settings: { 'fsync = on\nport': 1 } }, 'settings must be named as in postgresql.conf'],
    [{ timeoutMs: 0 }, 'timeoutMs must be a number above 0, got 0'],
    [
      { replicas: 2 } as ReplicatedPostgresOptions,
      'unknown option replicas, expected one of slaves, settings',
    ],
  ] as Array<[ReplicatedPostgresOptions, string]>)('%j', async (options, message) => {
    await expect(startReplicatedPostgres(options)).rejects.toThrow(message);
  });

  it('a folder without binaries, saying where to name another, and leaves nothing behind', async () => {
    await expect(startReplicatedPostgres({ binaries: '/nonexistent' })).rejects.toMatchObject({
      code: 'BINARIES_UNUSABLE',
      message: expect.stringContaining('Name a folder with initdb and postgres'),
    });
    expect(await ourFolders()).toEqual([]);
  });

  it('settings that PostgreSQL refuses, with what its log says, and leaves nothing behind', async () => {
    await expect(startReplicatedPostgres({ settings: { max_connections: 'many' } })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('invalid value for parameter "max_connections": "many"'),
    });
    expect(await ourFolders()).toEqual([]);
  });
});

async function ourFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter(
    (name) => name.startsWith('pgrouting-') && name.includes(`-${process.pid}-`),
  );
}
