/** What a reader does with a pane, and what a pane does by itself. */

import { expect, test } from '@jupyterlab/galata';

import { FakeCluster, run } from './support/fakeCluster';
import { CATEGORIES, countPixels, execute, openPanes, setTheme, STREAM } from './support/lab';

test.use({ autoGoto: false });

/** One task of a tenth of a second in each fifth, on two lanes, up to now. */
function fill(cluster: FakeCluster, seconds = 5): void {
  const now = Date.now() / 1000;
  const rows = Array.from({ length: seconds * 5 }, (_, i) => {
    const start = now - seconds + i / 5;
    return { start, stop: start + 0.1, lane: `thread ${(i % 2) + 1}`, group: 'load' };
  });
  cluster.sendRuns([run({ state: 'finished', started: now - seconds, ended: now })]);
  cluster.sendRows(rows);
}

test('a pane that was opened before there was a cluster fills itself', async ({ page }) => {
  const cluster = new FakeCluster();
  cluster.isListed = false;
  await cluster.install(page);
  await page.goto();
  await openPanes(page);
  await expect(page.locator(STREAM)).toContainText('Waiting for a cluster');

  cluster.setListed(true);
  await expect(page.locator(STREAM)).toContainText('Waiting for tasks');
  fill(cluster);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(1000);
  await expect(page.locator(STREAM)).not.toContainText('Waiting');
});

test('wheel, drag, keys and double click move the picture', async ({ page }) => {
  const cluster = new FakeCluster();
  await cluster.install(page);
  await page.goto();
  await execute(page, 'treadle:open-task-stream');
  const stream = page.locator(STREAM);
  await expect(stream).toHaveAttribute('data-state', 'live');
  fill(cluster);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(1000);
  const whole = await countPixels(page, CATEGORIES);
  const box = (await stream.locator('canvas').boundingBox())!;
  const [x, y] = [box.x + box.width * 0.6, box.y + 30];

  // Into a task, until there is nothing else.
  await page.mouse.move(x, y);
  for (let i = 0; i < 12; i++) {
    await page.mouse.wheel(0, -200);
  }
  await expect(stream).toHaveClass(/jp-mod-held/);
  await expect.poll(() => countPixels(page, CATEGORIES)).not.toBe(whole);

  await page.mouse.dblclick(x, y);
  await expect(stream).not.toHaveClass(/jp-mod-held/);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBe(whole);

  await page.mouse.down();
  await page.mouse.move(x - 4000, y, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => countPixels(page, CATEGORIES)).toBe(0);

  await stream.locator('.jp-TreadleStream-stage').press('f');
  await expect.poll(() => countPixels(page, CATEGORIES)).toBe(whole);
  await stream.locator('.jp-TreadleStream-stage').press('t');
  await expect(stream.locator('tbody tr')).toContainText('load');
});

test('another theme repaints the picture', async ({ page }) => {
  const cluster = new FakeCluster();
  await cluster.install(page);
  await page.goto();
  await openPanes(page);
  await expect(page.locator(STREAM)).toHaveAttribute('data-state', 'live');
  fill(cluster);
  await expect.poll(() => countPixels(page, ['#ffffff'])).toBeGreaterThan(10_000);

  await setTheme(page, 'JupyterLab Dark');
  await expect.poll(() => countPixels(page, ['#212121'])).toBeGreaterThan(10_000);
  expect(await countPixels(page, CATEGORIES)).toBeGreaterThan(1000);
});

test('a break is told, the picture stays, and missed tasks are marked', async ({ page }, info) => {
  const cluster = new FakeCluster();
  await cluster.install(page);
  await page.goto();
  await openPanes(page);
  const stream = page.locator(STREAM);
  await expect(stream).toHaveAttribute('data-state', 'live');
  fill(cluster);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(1000);

  cluster.lose();
  await expect(stream.locator('.jp-TreadlePane-ribbon')).toContainText('Lost');
  expect(await countPixels(page, CATEGORIES)).toBeGreaterThan(1000);

  cluster.restart();
  await expect(stream.locator('.jp-TreadlePane-ribbon')).toBeHidden();
  await expect(stream).toContainText('Waiting for tasks');

  fill(cluster, 4);
  const now = Date.now() / 1000;
  cluster.sendRows(
    [{ start: now + 3, stop: now + 5, lane: 'thread 1', group: 'load', status: 1 }],
    1234
  );
  await expect(stream.locator('.jp-TreadleStream-missed')).toHaveText('1,234 tasks not shown');
  await page.screenshot({ path: info.outputPath('gap.png') });
});

test('a pane says the whole of its story to a screen reader', async ({ page }) => {
  const cluster = new FakeCluster();
  await cluster.install(page);
  await page.goto();
  await openPanes(page);
  fill(cluster);
  const stage = page.locator(`${STREAM} .jp-TreadleStream-stage`);
  await expect(stage).toHaveAttribute('aria-label', /Task stream/);
  await expect(page.locator(`${STREAM} [role="status"]`)).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Show as table (t)' })).toBeVisible();
});
