/** What the specs do with JupyterLab again and again. */

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

export const STREAM = '.jp-TreadleTaskStreamPane';
export const PROGRESS = '.jp-TreadleProgressPane';
export const SIDEBAR = '#treadle-sidebar';

/** Run a command of JupyterLab without a click. */
export async function execute(page: Page, command: string, args: object = {}): Promise<void> {
  await page.evaluate(
    async ([id, options]) => {
      const app = (window as unknown as { jupyterapp: IApp }).jupyterapp;
      await app.commands.execute(id, options);
    },
    [command, args] as const
  );
}

interface IApp {
  commands: { execute(id: string, args: object): Promise<unknown> };
}

/** Begin a command that lasts as long as a cell does. */
export async function begin(page: Page, command: string): Promise<void> {
  await page.evaluate(id => {
    const app = (window as unknown as { jupyterapp: IApp }).jupyterapp;
    void app.commands.execute(id, {});
  }, command);
}

/** Show a pane where there is room: panes are put aside of what is there. */
export async function openPanes(page: Page, cluster = 'active'): Promise<void> {
  await execute(page, 'treadle:open-task-stream', { cluster });
  await execute(page, 'treadle:open-progress', { cluster });
}

export async function openSidebar(page: IJupyterLabPageFixture): Promise<void> {
  if (!(await page.locator(SIDEBAR).isVisible())) {
    await execute(page, 'treadle:show-sidebar');
  }
  await page.locator(SIDEBAR).waitFor({ state: 'visible' });
}

/** How many pixels of a task stream have the colour of a category, within a little. */
export function countPixels(page: Page, colours: readonly string[]): Promise<number> {
  return page.locator(`${STREAM} canvas`).evaluate((canvas: HTMLCanvasElement, wanted) => {
    const context = canvas.getContext('2d');
    if (!context || canvas.width === 0) {
      return 0;
    }
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const targets = wanted.map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
    let found = 0;
    for (let i = 0; i < data.length; i += 4) {
      for (const [red, green, blue] of targets) {
        const near =
          Math.abs(data[i] - red) < 8 &&
          Math.abs(data[i + 1] - green) < 8 &&
          Math.abs(data[i + 2] - blue) < 8;
        if (near) {
          found += 1;
          break;
        }
      }
    }
    return found;
  }, colours);
}

/** Colours of the first groups, as in `style/variables.css`. */
export const CATEGORIES = ['#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#d55e00'];

/** A pixel that is not background: the panes' background colour and band, and nothing else, are flat. */
export async function setTheme(page: Page, name: string): Promise<void> {
  await execute(page, 'apputils:change-theme', { theme: name });
  await page.waitForFunction(theme => document.body.dataset.jpThemeName === theme, name);
}
