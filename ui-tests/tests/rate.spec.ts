/** A hundred thousand tasks a second: the page stays responsive. */

import { writeFileSync } from 'fs';

import { expect, test } from '@jupyterlab/galata';

import { CATEGORIES, countPixels, openPanes, STREAM } from './support/lab';
import { startSource } from './support/processes';

const SECONDS = 5;

test('the page makes 20 frames a second and more while 100,000 tasks a second arrive', async ({
  page
}, info) => {
  const source = await startSource('--rate', '100000', '--lanes', '4');
  try {
    await openPanes(page, source.name);
    await expect.poll(() => countPixels(page, CATEGORIES)).toBeGreaterThan(5000);
    const rowsBefore = Number(await page.locator(STREAM).getAttribute('data-rows'));
    const frames = await page.evaluate(
      seconds =>
        new Promise<number[]>(resolve => {
          const gaps: number[] = [];
          const begun = performance.now();
          let last = begun;
          const tick = (): void => {
            const now = performance.now();
            gaps.push(now - last);
            last = now;
            now - begun < 1000 * seconds ? requestAnimationFrame(tick) : resolve(gaps);
          };
          requestAnimationFrame(tick);
        }),
      SECONDS
    );
    await page.screenshot({ path: info.outputPath('rate.png') });
    const rows = Number(await page.locator(STREAM).getAttribute('data-rows'));
    const sorted = [...frames].sort((a, b) => a - b);
    const figures = {
      framesPerSecond: frames.length / SECONDS,
      medianMilliseconds: sorted[Math.floor(sorted.length / 2)],
      p95Milliseconds: sorted[Math.floor(sorted.length * 0.95)],
      longestMilliseconds: sorted[sorted.length - 1],
      rowsBefore,
      rows
    };
    writeFileSync(info.outputPath('figures.json'), JSON.stringify(figures, null, 2));
    expect(rows).toBeGreaterThan(200_000);
    expect(figures.framesPerSecond).toBeGreaterThan(20);
  } finally {
    await source.stop();
  }
});
