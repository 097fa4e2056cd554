import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromiumIsMissing, complaintsOf, startChromium } from '../testing/chromium.js';
import { SampleAppProcess } from './sample-app-process.js';

if (chromiumIsMissing) console.warn(chromiumIsMissing);
const describeInChromium = chromiumIsMissing ? describe.skip : describe;

/** Servers start anew, and probes find them, on a busy machine too. */
const PATIENCE_MS = 60_000;

const IMAGES = join(import.meta.dirname, '../../../docs/images');

describeInChromium('the sample app in a browser', () => {
  let app: SampleAppProcess;
  let chromium: Browser;
  const pages: Page[] = [];

  beforeAll(async () => {
    [app, chromium] = await Promise.all([
      SampleAppProcess.start().then((started) => started.ready()),
      startChromium(),
    ]);
  });

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
  });

  afterAll(async () => {
    await chromium?.close();
    await app?.remove();
  });

  async function open(path = '/', { dark = false, width = 1280 } = {}): Promise<Page> {
    const page = await chromium.newPage({
      colorScheme: dark ? 'dark' : 'light',
      viewport: { width, height: 900 },
    });
    pages.push(page);
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(app.url + path);
    if (path === '/') await page.locator('#servers article').first().waitFor();
    return page;
  }

  async function beLate(page: Page, seconds: number): Promise<void> {
    await page.locator('#delay').fill(String(seconds));
    const says = seconds > 0 ? `Slaves replay ${seconds} s late.` : 'Slaves replay at once.';
    await page.getByText(says).waitFor();
  }

  async function post(page: Page, text: string): Promise<void> {
    await page.getByLabel('Name').fill('Ann');
    await page.getByLabel('Text').fill(text);
    await page.getByRole('button', { name: 'Post' }).click();
    await page.locator('#you .posts').getByText(text).waitFor();
  }

  const server = (page: Page, name: string) => page.locator(`#servers [data-name="${name}"]`);

  async function press(page: Page, action: string, name: string): Promise<void> {
    await page.getByRole('button', { name: `${action} ${name}`, exact: true }).click();
  }

  const becomes = (page: Page, name: string, state: string) =>
    server(page, name).locator('.state').getByText(state, { exact: true }).waitFor();

  it('shows people what they wrote while slaves are late, and another client something old, and says so', async () => {
    const page = await open();
    await beLate(page, 5);
    await post(page, 'Is this there?');
    const [mine, theirs] = [page.locator('#you .says'), page.locator('#other .says')];
    expect(await mine.textContent()).toBe(
      'You wrote this, and you see it. slave1 and slave2 do not have it yet: master showed it.',
    );
    expect(await theirs.textContent()).toMatch(/^slave[12] answered\. What you wrote is missing here/);
    if (process.env['SCREENSHOTS']) await page.screenshot({ path: join(IMAGES, 'board.png') });
    await beLate(page, 0);
    await page.getByText('all slaves have it by now').waitFor();
    await page.getByText('answered, and has what you wrote.').waitFor();
  });

  it('kills, freezes, pauses and restarts a slave, and sees it go and come back', async () => {
    const page = await open();
    await press(page, 'Kill', 'slave1');
    await becomes(page, 'slave1', 'stopped');
    await post(page, 'Written while slave1 was away');
    await press(page, 'Start', 'slave1');
    await becomes(page, 'slave1', 'up');
    await press(page, 'Freeze', 'slave1');
    await becomes(page, 'slave1', 'frozen');
    await press(page, 'Thaw', 'slave1');
    await becomes(page, 'slave1', 'up');
    await press(page, 'Pause', 'slave1');
    await becomes(page, 'slave1', 'paused');
    await post(page, 'Not on slave1');
    await page.getByText('You wrote this, and you see it. slave1 does not have it yet').waitFor();
    await press(page, 'Resume', 'slave1');
    await page.getByText('all slaves have it by now').waitFor();
    await press(page, 'Restart', 'slave1');
    await page.getByText('slave1 was started anew.').waitFor();
    await becomes(page, 'slave1', 'up');
  });

  it('asks before it deletes, and then shows that the post is gone', async () => {
    const page = await open();
    await post(page, 'Short-lived');
    await page.goto(`${app.url}/posts`);
    await page.getByRole('listitem').filter({ hasText: 'Short-lived' }).getByRole('link').click();
    const remove = page.getByRole('button', { name: 'Delete it' });
    expect(await remove.isVisible()).toBe(false);
    await page.getByText('Delete…').click();
    await remove.click();
    await page.waitForURL('**/posts');
    expect(await page.getByText('Short-lived').count()).toBe(0);
  });

  it.each([
    [false, 1280],
    [true, 1280],
    [false, 390],
    [true, 390],
  ])('has nothing that axe-core complains of, dark: %s, %i px wide, and fits', async (dark, width) => {
    for (const path of ['/', '/posts', '/posts/1', '/posts/report', '/nowhere']) {
      const page = await open(path, { dark, width });
      expect(await complaintsOf(page)).toEqual([]);
      const isTooWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
      expect(isTooWide).toBe(false);
    }
  });

  it('shows a page where there is none', async () => {
    const page = await open('/nowhere');
    expect(await page.getByRole('heading').textContent()).toBe('That did not work');
    expect(await page.getByRole('navigation').isVisible()).toBe(true);
  });

  it('promotes a slave, writes there, and has the old master back as a slave', async () => {
    const page = await open();
    await press(page, 'Promote', 'slave2');
    await page.getByText('slave2 is the master now.').waitFor();
    await server(page, 'slave2').locator('.role').getByText('master').waitFor();
    await post(page, 'Written on slave2');
    await press(page, 'Start', 'master');
    await becomes(page, 'master', 'up');
    await page.getByText('all slaves have it by now').waitFor();
    expect(await server(page, 'master').locator('.role').textContent()).toBe('slave');
  });
});
