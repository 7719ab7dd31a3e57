/** A server that goes away and comes back: panes keep their picture, say so, and go on. */

import { expect, test } from '@jupyterlab/galata';

import { CATEGORIES, countPixels, openPanes, openSidebar, SIDEBAR, STREAM } from './support/lab';
import { Server, startSource } from './support/processes';

const server = new Server(Number(process.env.UI_TESTS_PORT) + 1);

// Without the stand-ins of Galata: they fail a test when a page asks a server that is gone.
test.use({ baseURL: server.url, kernels: null, sessions: null, terminals: null });

test.beforeAll(() => server.start());
test.afterAll(() => server.end());

test('panes live through a restart of the server', async ({ page }, info) => {
  const source = await startSource('--rate', '200');
  try {
    await openSidebar(page);
    await openPanes(page);
    const stream = page.locator(STREAM);
    await expect(page.locator(SIDEBAR)).toContainText('made up');
    await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);

    await server.stop();
    await expect(stream.locator('.jp-TreadlePane-ribbon')).toHaveText('Reconnecting…');
    await expect(page.locator(SIDEBAR)).toContainText('does not answer');
    expect(await countPixels(page, CATEGORIES)).toBeGreaterThan(1000);
    await page.screenshot({ path: info.outputPath('reconnecting.png') });
    const before = Number(await stream.getAttribute('data-rows'));

    await server.start();
    await expect(stream.locator('.jp-TreadlePane-ribbon')).toBeHidden({ timeout: 30_000 });
    await expect(stream).toHaveAttribute('data-state', 'live');
    await expect
      .poll(async () => Number(await stream.getAttribute('data-rows')))
      .toBeGreaterThan(before + 100);
    // Nothing was lost: the cluster kept what came while nobody listened.
    await expect(stream.locator('.jp-TreadleStream-missed')).toBeEmpty();
  } finally {
    await source.stop();
  }
});
