import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { eventually } from '../testing/eventually.js';
import { SampleAppProcess } from './sample-app-process.js';

describe('the sample app on the databases that the environment names', () => {
  let databases: ReplicatedPostgres;
  let app: SampleAppProcess;

  beforeAll(async () => {
    databases = await startReplicatedPostgres({ slaves: ['one', 'other'] });
    app = await SampleAppProcess.start(urls());
    await app.ready();
    await databases.caughtUp();
  });

  afterAll(async () => {
    await app?.remove();
    await databases?.stop();
  });

  it('starts none of its own', async () => {
    expect(await app.data()).toEqual([]);
    // the first reads wait a second at most for the catalogue, and run on the master where a busy machine takes longer
    await eventually(async () =>
      expect((await app.get('/posts')).engines).toMatch(/^(one|other);reason=balanced$/),
    );
  });

  it('has what was posted in the files of each slave', async () => {
    const id = await newPost();
    await databases.caughtUp();
    for (const slave of Object.values(databases.slaves))
      expect(await slave.query('SELECT author FROM posts WHERE id = $1', [id])).toEqual([{ author: 'Ann' }]);
  });

  it('reads what is old from a slave that has stopped replaying', async () => {
    await databases.slave('one').pause();
    const id = await newPost();
    await databases.caughtUp();
    await eventually(async () => {
      expect(await app.get(`/posts/${id}`)).toMatchObject({ status: 404, engines: 'one;reason=balanced' });
    });
    await eventually(async () => {
      expect(await app.get(`/posts/${id}`)).toMatchObject({ status: 200, engines: 'other;reason=balanced' });
    });
    await databases.slave('one').resume();
  });

  it('never shows a client less than it wrote, although both slaves are behind', async () => {
    const slaves = Object.values(databases.slaves);
    for (const slave of slaves) await slave.pause();
    const posted = await app.send('POST', '/posts', { author: 'Ann', text: 'Hello' });
    const path = `/posts/${JSON.parse(posted.text).id}`;
    expect(await app.request(path, { headers: { cookie: posted.cookie! } })).toMatchObject({
      status: 200,
      engines: 'master;reason=bookmark',
    });
    expect((await app.get(path)).status).toBe(404);
    for (const slave of slaves) await slave.resume();
  });

  it('finds its table there at the next start', async () => {
    const id = await newPost();
    const next = await SampleAppProcess.start(urls());
    try {
      await next.ready();
      expect((await next.get(`/posts/${id}?m=1`)).status).toBe(200);
    } finally {
      await next.remove();
    }
  });

  it('says what to do when the port is taken', async () => {
    const { port } = new URL(app.url);
    const second = await SampleAppProcess.start({ ...urls(), PORT: port });
    expect(await second.ended).toBe(1);
    expect(second.output).toContain('Choose another port: PORT=3001 npm start');
    await second.remove();
  });

  it('says what is wrong with a port', async () => {
    const second = await SampleAppProcess.start({ ...urls(), PORT: 'http' });
    expect(await second.ended).toBe(1);
    expect(second.output).toContain("PORT must be a number from 0 to 65535, got 'http'");
    await second.remove();
  });

  function urls(): NodeJS.ProcessEnv {
    return {
      DATABASE_MASTER_URL: databases.master.url,
      DATABASE_SLAVES_ONE_URL: databases.slave('one').url,
      DATABASE_SLAVES_OTHER_URL: databases.slave('other').url,
    };
  }

  async function newPost(): Promise<number> {
    const { text } = await app.send('POST', '/posts', { author: 'Ann', text: 'Hello' });
    return JSON.parse(text).id;
  }
});
