import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '../testing/eventually.js';
import { SampleAppProcess } from './sample-app-process.js';

describe('the sample app on its own master and slaves', () => {
  let app: SampleAppProcess;

  beforeAll(async () => {
    app = await SampleAppProcess.start();
    await app.ready();
    await eventually(async () => expect((await app.get('/posts')).status).toBe(200));
  });

  afterAll(() => app.remove());

  describe('says in a header which engine served', () => {
    it('a slave, for a GET', async () => {
      expect((await app.get('/posts')).engines).toMatch(/^slave[12];reason=balanced$/);
    });

    it('each of the slaves, over many GETs', async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => app.get('/posts')));
      expect(new Set(answers.map(({ engines }) => engines))).toEqual(
        new Set(['slave1;reason=balanced', 'slave2;reason=balanced']),
      );
    });

    it('the master, for a POST and for the read after it in the same request', async () => {
      const answer = await app.send('POST', '/posts', { author: 'Ann', text: 'Hello' });
      expect(answer.status).toBe(201);
      expect(answer.engines).toBe('master;reason=write, master;reason=wrote');
      expect(JSON.parse(answer.text)).toMatchObject({ author: 'Ann', text: 'Hello' });
    });

    it('the master, where the handler names it', async () => {
      expect((await app.get('/posts/fresh')).engines).toBe('master;reason=handler');
    });

    it.each(['m=1', 'm=0', 'm=', 'm', 'm=1&m=2', 'limit=5&m=1'])(
      'the master, when ?%s asks for it, and the handler does not get the m',
      async (query) => {
        expect(await app.get(`/posts?${query}`)).toMatchObject({
          status: 200,
          engines: 'master;reason=master-param',
        });
      },
    );

    it('nothing, where a parameter that the handler did get is refused', async () => {
      const answer = await app.get('/posts?n=1');
      expect(answer).toMatchObject({ status: 400, engines: null });
      expect(answer.text).toContain("There is no parameter 'n'");
    });

    it('one slave, for all queries of a read-only transaction', async () => {
      expect((await app.get('/posts/report')).engines).toMatch(
        /^(slave[12]);reason=balanced, \1;reason=transaction$/,
      );
    });

    it('the master, for PATCH and DELETE', async () => {
      const path = `/posts/${await newPost()}`;
      const changed = await app.send('PATCH', path, { text: 'Bye' });
      expect(changed).toMatchObject({ status: 200, engines: 'master;reason=write, master;reason=wrote' });
      expect(JSON.parse(changed.text)).toMatchObject({ author: 'Ann', text: 'Bye' });
      expect(await app.request(path, { method: 'DELETE' })).toMatchObject({
        status: 204,
        engines: 'master;reason=write',
      });
      expect((await app.get(`${path}?m=1`)).status).toBe(404);
    });
  });

  it('reads from the slaves what was written on the master', async () => {
    const id = await newPost();
    await eventually(async () => {
      const answer = await app.get(`/posts/${id}`);
      expect(answer.engines).toMatch(/^slave/);
      expect(JSON.parse(answer.text)).toMatchObject({ id, author: 'Ann' });
    });
  });

  it('answers on / with the list, and shows people the board', async () => {
    expect(JSON.parse((await app.get('/')).text)).toHaveProperty('posts');
    expect((await app.getPage('/')).text).toContain('<h1>Message board</h1>');
  });

  it('starts without a warning', () => {
    expect(app.output).not.toMatch(/WARN|ERROR/);
  });

  it('says that its port is taken before it starts servers', async () => {
    const second = await SampleAppProcess.start({ PORT: new URL(app.url).port });
    expect(await second.ended).toBe(1);
    expect(second.output).toContain('Choose another port: PORT=3001 npm start');
    expect(second.output).not.toContain('starting a PostgreSQL');
    await second.remove();
  });

  it('refuses what no server can do, and servers that there are not', async () => {
    expect(await app.send('POST', '/servers/slave1/explode', {})).toMatchObject({ status: 400 });
    expect(await app.send('POST', '/servers/slave9/pause', {})).toMatchObject({ status: 404 });
    expect(await app.send('POST', '/servers/delay', { ms: 'long' })).toMatchObject({ status: 400 });
    expect(await app.send('POST', '/servers/master/promote', {})).toMatchObject({ status: 409 });
  });

  describe('refuses', () => {
    it.each([
      ['no text', { author: 'Ann' }, 'text must be'],
      ['an empty author', { author: '  ', text: 'Hello' }, 'author must be'],
      ['an author that is too long', { author: 'a'.repeat(81), text: 'Hello' }, 'author must be'],
      ['a text that is no string', { author: 'Ann', text: ['Hello'] }, 'text must be'],
      ['what PostgreSQL cannot store', { author: 'Ann', text: 'a\0b' }, 'text must be'],
      ['an unknown field', { author: 'Ann', text: 'Hello', id: 7 }, "There is no field 'id'"],
      ['a body that is no object', [], 'author must be'],
    ])('%s', async (_what, body, message) => {
      const answer = await app.send('POST', '/posts', body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text).message).toContain(message);
    });

    it('a change of nothing', async () => {
      expect((await app.send('PATCH', '/posts/1', {})).status).toBe(400);
    });

    it.each(['0', '-1', '1.5', '1e3', 'abc', '2147483648', '99999999999'])('the id %s', async (id) => {
      expect((await app.get(`/posts/${id}`)).status).toBe(400);
    });

    it.each(['0', '101', '-1', 'x', ''])('the limit %p', async (limit) => {
      expect((await app.get(`/posts?limit=${limit}`)).status).toBe(400);
    });

    it('to find, change or delete a post that there is not', async () => {
      expect((await app.get('/posts/2147483647')).status).toBe(404);
      expect((await app.send('PATCH', '/posts/2147483647', { text: 'Hello' })).status).toBe(404);
      expect((await app.request('/posts/2147483647', { method: 'DELETE' })).status).toBe(404);
    });
  });

  describe('shows people', () => {
    it('a page that says which engine it was read from', async () => {
      const page = await app.getPage('/posts');
      expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
      const [, engine] = /Read from\s+<strong>(.*)<\/strong>/.exec(page.text)!;
      expect(`${engine};reason=balanced`).toBe(
        `${page.engines!.split(';')[0]} (reason: balanced);reason=balanced`,
      );
    });

    it('their post right after they wrote it, by the bookmark in their cookie', async () => {
      const text = `Written ${randomUUID()}`;
      const posted = await app.submit('/posts', { author: 'Ann', text });
      expect(posted).toMatchObject({ status: 303, location: '/posts' });
      const page = await app.getPage(posted.location!, { cookie: posted.cookie! });
      expect(page.text).toContain(text);
    });

    it('a page of its own where there is none', async () => {
      const page = await app.getPage('/nowhere');
      expect(page).toMatchObject({ status: 404, type: 'text/html; charset=utf-8' });
      expect(page.text).toContain('<h1>That did not work</h1>');
      expect(JSON.parse((await app.get('/nowhere')).text)).toMatchObject({ statusCode: 404 });
    });

    it('a form in which a post can be changed and deleted', async () => {
      const id = await newPost();
      const form = await app.getPage(`/posts/${id}?m=1`);
      expect(form.text).toContain(`action="/posts/${id}/change"`);
      expect(await app.submit(`/posts/${id}/change`, { author: 'Eve', text: 'Hi' })).toMatchObject({
        status: 303,
        location: '/posts',
      });
      expect(JSON.parse((await app.get(`/posts/${id}?m=1`)).text)).toMatchObject({ author: 'Eve' });
      expect((await app.submit(`/posts/${id}/delete`)).status).toBe(303);
      expect((await app.get(`/posts/${id}?m=1`)).status).toBe(404);
    });

    it('what they wrote as text, never as HTML', async () => {
      const nasty = `<script>alert("'&")</script>`;
      const { location, cookie } = await app.submit('/posts', { author: nasty, text: nasty });
      const { text } = await app.getPage(location!, { cookie: cookie! });
      expect(text).not.toContain('<script>');
      expect(text).toContain('&lt;script&gt;alert(&quot;&#39;&amp;&quot;)&lt;/script&gt;');
    });

    it('what was wrong with their form', async () => {
      const page = await app.submit('/posts', { author: '', text: 'Hello' });
      expect(page).toMatchObject({ status: 400, type: 'text/html; charset=utf-8' });
      expect(page.text).toContain('author must be a text of 1 to 80 characters');
    });

    it('a report', async () => {
      const page = await app.getPage('/posts/report');
      expect(page.text).toMatch(/Read from\s+<strong>slave[12]<\/strong>/);
      expect(page.text).toContain('<caption>Who wrote most</caption>');
    });
  });

  async function newPost(): Promise<number> {
    const { text } = await app.send('POST', '/posts', { author: 'Ann', text: 'Hello' });
    return JSON.parse(text).id;
  }
});

describe('the end of the sample app', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'comes after %s, also with an idle connection, and leaves no process and no data',
    async (signal) => {
      const app = await SampleAppProcess.start();
      try {
        await app.ready();
        await app.get('/posts/fresh');
        expect(await app.data()).toHaveLength(1);
        expect(await app.servers()).toHaveLength(3);
        app.signal(signal);
        expect(await app.ended).toBe(0);
        await eventually(async () => {
          expect(await app.servers()).toEqual([]);
          expect(await app.data()).toEqual([]);
        });
      } finally {
        await app.remove();
      }
    },
  );
});
