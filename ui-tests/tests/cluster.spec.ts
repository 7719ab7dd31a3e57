/** A cluster from the side bar: started, connected to, used, watched, scaled and stopped. */

import { expect, test } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

import { beginCell, openNotebook, runCell, shutDownKernels } from './support/kernel';
import { CATEGORIES, countPixels, openSidebar, SIDEBAR, STREAM } from './support/lab';
import { addBrokenKernel, Server, stopClusters } from './support/processes';

const server = new Server(Number(process.env.UI_TESTS_PORT) + 1);

// The real ones: a kernel has to reach the cluster, and the server goes away for a while.
test.use({ baseURL: server.url, kernels: null, sessions: null, terminals: null });

test.beforeAll(async () => {
  await addBrokenKernel();
  await server.start();
});
test.afterAll(async () => {
  await stopClusters();
  await server.end();
});
test.afterEach(({ page }) => shutDownKernels(page));

const WORK = `%%parallel
import time

def load(i):
    time.sleep(0.2)
    return i

parts = [load(i) for i in range(40)]`;

const row = (page: Page, name: string) => page.locator(`${SIDEBAR} [data-name="${name}"]`);

test('a cluster is started, used by a notebook, scaled and stopped', async ({
  page,
  tmpPath
}, info) => {
  test.setTimeout(180_000);
  const lanes = heardLanes(page);
  await openNotebook(page, tmpPath, 'work.ipynb', ['%load_ext treadle', WORK, 'sum(parts)']);
  await runCell(page, 0);
  await openSidebar(page);

  await page.getByRole('button', { name: 'New cluster…' }).first().click();
  await page.getByLabel('Name').fill('ui-1');
  await page.getByLabel('Workers').fill('2');
  await page.getByLabel('Threads each').fill('1');
  await page.keyboard.press('Enter');
  await expect(row(page, 'ui-1')).toBeVisible();
  await page.screenshot({ path: info.outputPath('starting.png') });
  await expect(row(page, 'ui-1')).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  await expect(row(page, 'ui-1')).toContainText('2 workers', { timeout: 30_000 });

  await page.locator('.jp-NotebookPanel .jp-Cell').nth(1).locator('.jp-InputPrompt').click();
  await row(page, 'ui-1').getByRole('button', { name: 'Connect this notebook' }).click();
  const inserted = page.locator('.jp-NotebookPanel .jp-Cell').nth(1);
  await expect(inserted).toContainText('%cluster connect ui-1');
  await expect(inserted).toHaveClass(/jp-mod-active/);
  await expect(inserted.locator('.jp-InputPrompt')).toHaveText('[ ]:'); // written, not run
  await runCell(page, 1);

  await row(page, 'ui-1').getByRole('button', { name: 'Task stream' }).click();
  await page.locator(STREAM).waitFor();
  await page.screenshot({ path: info.outputPath('connected.png') });
  await beginCell(page, 2);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);
  await expect.poll(() => lanes.size).toBe(2);
  for (const lane of lanes) {
    expect(lane).toMatch(/ \/ thread 1$/);
  }
  await page.screenshot({ path: info.outputPath('used.png') });
  await expect(page.locator('.jp-TreadleRun')).toContainText('40 tasks in', { timeout: 30_000 });
  await runCell(page, 3);
  await expect(page.locator('.jp-NotebookPanel .jp-Cell').nth(3)).toContainText('780');

  await row(page, 'ui-1').getByRole('button', { name: 'Scale…' }).click();
  await page.locator('.jp-Dialog input').fill('3');
  await page.locator('.jp-Dialog .jp-mod-accept').click();
  await expect(row(page, 'ui-1')).toContainText('3 workers', { timeout: 30_000 });
  await expect.poll(() => lanes.size).toBe(3);

  // The server that started it goes; another one finds it. JupyterLab says in its own time that it
  // can't reach it.
  const interruption = page.locator('.jp-Dialog', { hasText: 'Server Connection Error' });
  await page.addLocatorHandler(interruption, dialog => dialog.getByRole('button').last().click());
  await server.stop();
  await expect(page.locator(SIDEBAR)).toContainText('does not answer');
  await server.start();
  await expect(page.locator(SIDEBAR)).not.toContainText('does not answer', { timeout: 30_000 });
  await expect(row(page, 'ui-1')).toContainText('3 workers', { timeout: 30_000 });
  await page.screenshot({ path: info.outputPath('found-again.png') });

  await row(page, 'ui-1').getByRole('button', { name: 'Stop…' }).click();
  await expect(page.locator('.jp-Dialog')).toContainText('Stop ui-1?');
  await page.locator('.jp-Dialog .jp-mod-reject').click();
  await expect(row(page, 'ui-1')).toHaveAttribute('data-state', 'running');
  await row(page, 'ui-1').getByRole('button', { name: 'Stop…' }).click();
  await page.locator('.jp-Dialog .jp-mod-warn').click();
  await expect(row(page, 'ui-1')).toHaveCount(0, { timeout: 30_000 });
});

test('a start that fails says why, and is dismissed', async ({ page }, info) => {
  await openSidebar(page);
  await page.getByRole('button', { name: 'New cluster…' }).first().click();
  await page.getByLabel('Name').fill('kernel-mine');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText("can't be the name");
  await page.getByLabel('Name').fill('no-go');
  await page.getByLabel('Environment').selectOption('Broken Python');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(row(page, 'no-go')).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
  await expect(row(page, 'no-go').locator('.jp-TreadleCluster-error')).toHaveText(
    'exit code 1: No module named treadle'
  );
  await expect(row(page, 'no-go').locator('.jp-TreadleCluster-log')).toBeVisible();
  await page.screenshot({ path: info.outputPath('failed.png') });
  await row(page, 'no-go').getByRole('button', { name: 'Dismiss' }).click();
  await expect(row(page, 'no-go')).toHaveCount(0);
});

/** Names of the lanes of workers that the page is told of. */
function heardLanes(page: Page): Set<string> {
  const names = new Set<string>();
  page.on('websocket', socket => {
    if (!socket.url().includes('/clusters/ui-1/feed')) {
      return;
    }
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload === 'string' && payload.includes('"type":"lanes"')) {
        const message = JSON.parse(payload) as { lanes: { name: string }[] };
        message.lanes.forEach(lane => names.add(lane.name));
      }
    });
  });
  return names;
}
