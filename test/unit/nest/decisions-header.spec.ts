import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeDecisionsHeader } from '../../../src/nest/decisions-header.js';

describe('the header of the decisions', () => {
  let handle: (response: ServerResponse) => void;
  const server = createServer((_request, response) => handle(response));

  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => void server.close(resolve)));

  async function headerOf(respond: (response: ServerResponse) => void): Promise<string | null> {
    handle = respond;
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}`);
    await response.text();
    return response.headers.get('database-engine');
  }

  it('holds what was decided until the head is sent, in that order', async () => {
    const header = await headerOf((response) => {
      const decisions = new Set<string>();
      writeDecisionsHeader(response, decisions, 'default');
      decisions.add('slave1;reason=balanced').add('master;reason=write').add('slave1;reason=balanced');
      response.write('head and first bytes');
      decisions.add('master;reason=wrote');
      response.end('the rest');
    });
    expect(header).toBe('slave1;reason=balanced, master;reason=write');
  });

  it('is not there when nothing was decided', async () => {
    const header = await headerOf((response) => {
      writeDecisionsHeader(response, new Set(), 'default');
      response.end();
    });
    expect(header).toBeNull();
  });

  it('names the set where it has a name of its own, after the default', async () => {
    const header = await headerOf((response) => {
      for (const set of ['default', 'reports', 'old, bäd\n'])
        writeDecisionsHeader(response, new Set(['slave1;reason=balanced']), set);
      response.end();
    });
    expect(header).toBe(
      'slave1;reason=balanced, slave1;reason=balanced;set=reports, ' +
        'slave1;reason=balanced;set=old%2C%20b%C3%A4d%0A',
    );
  });
});
