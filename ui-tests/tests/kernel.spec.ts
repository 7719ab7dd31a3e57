/** A real notebook: panes fill while its cell runs, and live through reloads and restarts. */

import { expect, test } from '@jupyterlab/galata';

import {
  beginCell,
  isBusy,
  kernelIsReady,
  openNotebook,
  restartKernel,
  runCell,
  shutDownKernels
} from './support/kernel';
import {
  CATEGORIES,
  countPixels,
  execute,
  openPanes,
  openSidebar,
  PROGRESS,
  SIDEBAR,
  STREAM
} from './support/lab';

// The real ones: kernels must be restarted, and found again after a reload.
test.use({ kernels: null, sessions: null });

test.afterEach(({ page }) => shutDownKernels(page));

const LOAD = '%load_ext treadle';
const WORK = `%%parallel -n 2
import time

def load(i):
    time.sleep(0.2)
    return i

def total(values):
    time.sleep(0.1)
    return sum(values)

parts = [load(i) for i in range(60)]
result = total(parts)`;
/** Still at work when a slow machine has loaded the page again. */
const LONG_WORK = WORK.replace('sleep(0.2)', 'sleep(0.8)');

test('panes and side bar fill while a cell runs', async ({ page, tmpPath }, info) => {
  await openNotebook(page, tmpPath, 'work.ipynb', [LOAD, WORK]);
  await runCell(page, 0);
  await openSidebar(page);
  await expect(page.locator(`${SIDEBAR} .jp-TreadleCluster`)).toHaveCount(1);
  await openPanes(page);
  await expect(page.locator(STREAM)).toContainText('Waiting for tasks');

  await beginCell(page, 1);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);
  expect(await isBusy(page)).toBe(true);
  await expect(page.locator(`${PROGRESS} .jp-TreadleGroupBar-name`).first()).toHaveText('load');
  const doneText = page.locator(`${PROGRESS} .jp-TreadleGroupBar-numbers`).first();
  const before = await doneText.textContent();
  await expect(doneText).not.toHaveText(before ?? '');

  // The output under the cell moves too, though the kernel's main thread is busy.
  const sentence = page.locator('.jp-TreadleRun .jp-TreadleRunBars-sentence');
  await expect(sentence).toContainText('61 tasks');
  const early = await sentence.textContent();
  await expect(sentence).not.toHaveText(early ?? '');
  expect(await isBusy(page)).toBe(true);
  await page.screenshot({ path: info.outputPath('running.png') });

  await expect(sentence).toContainText('61 tasks in', { timeout: 30_000 });
  await expect(page.locator(`${PROGRESS} .jp-TreadleRunBars`).first()).toHaveAttribute(
    'data-state',
    'finished'
  );
  await page.screenshot({ path: info.outputPath('finished.png') });
});

test('a reload while a cell runs brings the panes and the output back to it', async ({
  page,
  tmpPath
}) => {
  await openNotebook(page, tmpPath, 'work.ipynb', [LOAD, LONG_WORK]);
  await runCell(page, 0);
  // JupyterLab writes the layout down a moment after it has changed.
  const saved = page.waitForRequest(
    request => request.method() === 'PUT' && !!request.postData()?.includes('treadle-progress:')
  );
  await openPanes(page);
  await beginCell(page, 1);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);
  // A reload brings back what was saved: save when the output is there.
  await expect(page.locator('.jp-TreadleRun')).toContainText('61 tasks');
  await execute(page, 'docmanager:save');
  await saved;

  await page.reload({ waitForIsReady: false });
  await page.locator(STREAM).waitFor({ timeout: 30_000 });
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);
  const stream = page.locator(STREAM);
  const before = Number(await stream.getAttribute('data-rows'));
  await expect
    .poll(async () => Number(await stream.getAttribute('data-rows')))
    .toBeGreaterThan(before);
  await expect(page.locator(PROGRESS)).toContainText('load');
  await expect(page.locator('.jp-TreadleRun')).toHaveAttribute('data-live', 'true', {
    timeout: 20_000
  });
});

test('a kernel that restarts is lost, and comes back with a clean stream', async ({
  page,
  tmpPath
}) => {
  await openNotebook(page, tmpPath, 'work.ipynb', [LOAD, WORK]);
  await runCell(page, 0);
  await openPanes(page);
  await beginCell(page, 1);
  const stream = page.locator(STREAM);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);

  await restartKernel(page);
  await expect(stream.locator('.jp-TreadlePane-ribbon')).toContainText('Lost');

  await kernelIsReady(page);
  await runCell(page, 0);
  await expect(stream).toHaveAttribute('data-state', 'live', { timeout: 30_000 });
  await expect(stream).toContainText('Waiting for tasks');
  await beginCell(page, 1);
  await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(2000);
});

test('a kernel that dies leaves an output that says so', async ({ page, tmpPath }, info) => {
  const dying = 'import os, threading\nthreading.Timer(4, lambda: os._exit(1)).start()';
  await openNotebook(page, tmpPath, 'work.ipynb', [LOAD, dying, WORK]);
  await runCell(page, 0);
  await openPanes(page);
  await runCell(page, 1);
  await beginCell(page, 2);
  await expect(page.locator('.jp-TreadleRun')).toContainText('61 tasks');
  await expect(page.locator('.jp-TreadleRun')).toContainText('kernel lost', { timeout: 20_000 });
  await expect(page.locator(`${STREAM} .jp-TreadlePane-ribbon`)).toContainText('Lost');
  expect(await countPixels(page, CATEGORIES)).toBeGreaterThan(1000);
  await page.screenshot({ path: info.outputPath('lost.png') });
});
