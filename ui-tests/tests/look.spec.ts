/** Pictures of every pane in every theme, for people to look at; and that each shows ink. */

import { expect, test } from '@jupyterlab/galata';

import { FakeCluster, IRow, run } from './support/fakeCluster';
import { openNotebook } from './support/kernel';
import {
  CATEGORIES,
  countPixels,
  execute,
  openPanes,
  openSidebar,
  setTheme,
  STREAM
} from './support/lab';

test.use({ autoGoto: false });

const THEMES = ['JupyterLab Light', 'JupyterLab Dark', 'JupyterLab Dark High Contrast'];
const GROUPS = ['load_month', 'clean', 'delay_by_hour', 'delay_by_weekday', 'worst_carriers'];

function rows(now: number): IRow[] {
  const found: IRow[] = [];
  for (let lane = 1; lane <= 4; lane++) {
    let time = now - 5 + lane * 0.02;
    for (let i = 0; time < now - 0.4; i++) {
      const length = 0.05 + ((i * 37 + lane * 11) % 40) / 60;
      const group = GROUPS[Math.min(4, Math.floor((time - now + 5) / 1.1))];
      const status = lane === 3 && i === 5 ? 1 : 0;
      found.push({
        start: time,
        stop: time + length,
        lane: `thread ${lane}`,
        group,
        status
      });
      time += length + 0.01;
    }
    // Many small ones, merged where they don't fill a pixel.
    for (let i = 0; i < 400; i++) {
      const start = now - 0.4 + i * 0.0008;
      found.push({
        start,
        stop: start + 0.0005,
        lane: `thread ${lane}`,
        group: 'tiny'
      });
    }
  }
  return found.sort((a, b) => a.stop - b.stop);
}

function runs(): object[] {
  const group = (name: string, total: number, done: number, running = 0, failed = 0): object => ({
    name,
    total,
    done,
    running,
    failed,
    seconds: done * 0.3
  });
  return [
    run({
      run: 'a',
      label: 'cell 2',
      state: 'finished',
      groups: [group('add', 17, 17)]
    }),
    run({
      run: 'b',
      label: 'cell 3',
      state: 'failed',
      groups: [group('parse', 12, 7, 0, 1)]
    }),
    run({
      run: 'c',
      label: 'cell 4',
      groups: [
        group('load_month', 12, 12),
        group('clean', 24, 17, 4),
        group('delay_by_hour', 12, 5, 2, 1),
        group('delay_by_weekday', 12, 0),
        group('worst_carriers', 1, 0)
      ]
    })
  ];
}

for (const theme of THEMES) {
  test(`panes and side bar in ${theme}`, async ({ page }, info) => {
    const cluster = new FakeCluster();
    await cluster.install(page);
    await page.goto();
    await setTheme(page, theme);
    await openSidebar(page);
    await openPanes(page);
    const now = Date.now() / 1000;
    cluster.sendRuns(runs());
    cluster.sendRows(rows(now));
    cluster.sendLanes(
      [1, 2, 3, 4].map(i => ({
        lane: i - 1,
        name: `thread ${i}`,
        busy: i < 3 ? { group: 'clean', start: now - 0.1, run: 'c' } : null
      }))
    );

    const colours = theme.includes('High') ? ['#5fe0b5', '#ffa6d9'] : CATEGORIES;
    await expect.poll(() => countPixels(page, colours)).toBeGreaterThan(5000);
    await expect(page.locator('.jp-TreadleGroupBar')).toHaveCount(7);
    await page.screenshot({ path: info.outputPath('panes.png') });

    const box = await page.locator(`${STREAM} canvas`).boundingBox();
    await page.mouse.move(box!.x + box!.width * 0.4, box!.y + box!.height * 0.3);
    await expect(page.locator('.jp-TreadleTooltip')).toBeVisible();
    await page.screenshot({ path: info.outputPath('tooltip.png') });

    await page.locator('.jp-TreadleTableButton').click();
    await expect(page.locator('.jp-TreadleTable tbody tr').first()).toBeVisible();
    cluster.lose();
    await expect(page.locator('.jp-TreadlePane-ribbon').first()).toBeVisible();
    await page.screenshot({ path: info.outputPath('table-and-lost.png') });
  });
}

const LOG = 'starting slow-1\n2 processes of 8 threads\nworker-0 is here';

for (const theme of THEMES) {
  test(`clusters in every state, and the form for a new one, in ${theme}`, async ({
    page
  }, info) => {
    const cluster = new FakeCluster();
    const kind = 'cluster';
    const error = 'exit code 1: ModuleNotFoundError: No module named treadle';
    cluster.others = [
      { kind, name: 'slow-1', label: 'slow-1', state: 'starting', has_log: true },
      { kind, name: 'local-1', label: 'local-1', workers: 8, threads: 16 },
      { kind, name: 'local-2', label: 'local-2', state: 'stopping' },
      { kind, name: 'no-1', label: 'no-1', state: 'failed', error, has_log: true },
      { kind, name: 'gone', label: 'gone', state: 'lost' }
    ];
    await cluster.install(page);
    await page.route(/treadle\/api\/clusters\/.*\/log/, route =>
      route.fulfill({ json: { text: LOG, is_cut: false } })
    );
    await page.goto();
    await setTheme(page, theme);
    await openSidebar(page);
    await expect(page.locator('.jp-TreadleCluster')).toHaveCount(6);
    await expect(page.locator('.jp-TreadleCluster-log').first()).toContainText('worker-0');
    await page.screenshot({ path: info.outputPath('clusters.png') });

    await page.getByRole('button', { name: 'New cluster…' }).click();
    await page.getByLabel('Name').fill('Not A Name');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByLabel('Workers').fill('4');
    await page.screenshot({ path: info.outputPath('form.png') });
    await page.keyboard.press('Escape');
    await expect(page.getByLabel('Name')).toBeHidden();

    await page.getByRole('button', { name: 'Stop…' }).click();
    await expect(page.locator('.jp-Dialog')).toContainText('Stop local-1?');
    await page.screenshot({ path: info.outputPath('stop.png') });
  });
}

test('what a new user sees: no cluster yet', async ({ page }, info) => {
  const cluster = new FakeCluster();
  cluster.isListed = false;
  await cluster.install(page);
  await page.goto();
  await openSidebar(page);
  await execute(page, 'treadle:open-task-stream');
  await expect(page.locator(STREAM)).toContainText('Waiting for a cluster');
  await expect(page.locator('#treadle-sidebar')).toContainText('%load_ext treadle');
  await page.screenshot({ path: info.outputPath('empty.png') });
});

function stored(extra: object): object {
  const groups = [
    { name: 'load', total: 12, done: 12, failed: 0, running: 0, seconds: 3.1 },
    { name: 'summarise', total: 12, done: 7, failed: 1, running: 0, seconds: 1.2 }
  ];
  const data = {
    version: 1,
    run: '00000000000000cd',
    label: 'cell 2',
    engine: 'threads',
    nlanes: 2,
    elapsed: 2.2,
    groups,
    notes: [],
    ...extra
  };
  return {
    output_type: 'display_data',
    metadata: {},
    data: {
      'application/vnd.treadle.run.v1+json': data,
      'text/html': '<p>without the extension</p>',
      'text/plain': 'without the extension'
    }
  };
}

for (const theme of THEMES.slice(0, 2)) {
  test(`stored runs in ${theme}`, async ({ page, tmpPath }, info) => {
    const cluster = new FakeCluster();
    await cluster.install(page);
    await page.goto();
    await setTheme(page, theme);
    const summary = '24 tasks in 2.20 s on 2 threads (serial estimate 4.30 s, 2.0×)';
    const outputs = [
      [stored({ state: 'finished', summary })],
      [
        stored({
          state: 'failed',
          summary: 'failed after 20 tasks in 2.20 s: ValueError: no such month: 13',
          notes: ['2 statements ran one after the other; --explain tells why']
        })
      ],
      [stored({ state: 'running', source: 'kernel-gone' })],
      [stored({ state: 'running', source: cluster.name, run: 'live' })]
    ];
    const cells = ['%%parallel', '%%parallel', '%%parallel', '%%parallel'];
    await openNotebook(page, tmpPath, 'stored.ipynb', cells, outputs);
    const drawn = page.locator('.jp-TreadleRun');
    await expect(drawn).toHaveCount(4);
    await expect(drawn.nth(0)).toContainText(summary);
    await expect(drawn.nth(2)).toContainText('kernel lost');
    cluster.sendRuns(
      runs()
        .slice(2)
        .map(entry => ({ ...entry, run: 'live' }))
    );
    await expect(drawn.nth(3)).toContainText('61 tasks · 34 done');
    await drawn.nth(1).locator('summary').click();
    await expect(page.getByText('without the extension')).toHaveCount(0);
    await page.screenshot({ path: info.outputPath('stored.png') });
  });
}
