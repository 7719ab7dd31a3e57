/** Notebooks whose kernel runs tasks, and what is done with their cells. */

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import { begin, execute } from './lab';

/** Write a notebook and open it beside what is there, without the file browser. */
export async function openNotebook(
  page: IJupyterLabPageFixture,
  folder: string,
  name: string,
  cells: readonly string[],
  outputs: readonly object[][] = []
): Promise<void> {
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: cells.map((source, i) => ({
      id: `cell-${i}`,
      cell_type: 'code',
      execution_count: null,
      metadata: {},
      outputs: outputs[i] ?? [],
      source
    }))
  };
  const path = `${folder}/${name}`;
  await page.contents.uploadContent(JSON.stringify(notebook), 'text', path);
  await execute(page, 'docmanager:open', { path });
  await page.locator('.jp-NotebookPanel').waitFor();
  await kernelIsReady(page);
}

interface ILab {
  serviceManager: { sessions: { shutdownAll(): Promise<void> } };
  shell: { currentWidget: { context: { sessionContext: ISessionContext } } };
}

interface ISessionContext {
  ready: Promise<void>;
  session: { kernel: { info: Promise<unknown>; restart(): Promise<void> } };
}

/** Wait for the kernel of the current notebook to answer: cells that are run sooner are not run. */
export async function kernelIsReady(page: IJupyterLabPageFixture): Promise<void> {
  await page.evaluate(async () => {
    const app = (window as unknown as { jupyterapp: ILab }).jupyterapp;
    const context = app.shell.currentWidget.context.sessionContext;
    await context.ready;
    await context.session.kernel.info;
  });
}

/** Restart the kernel of the current notebook, without the question whether one is sure. */
export async function restartKernel(page: IJupyterLabPageFixture): Promise<void> {
  await page.evaluate(async () => {
    const app = (window as unknown as { jupyterapp: ILab }).jupyterapp;
    await app.shell.currentWidget.context.sessionContext.session.kernel.restart();
  });
}

/** Select a cell and begin to run it; it may last as long as it likes. */
export async function beginCell(page: IJupyterLabPageFixture, cell: number): Promise<void> {
  await page.locator('.jp-NotebookPanel .jp-Cell').nth(cell).locator('.jp-InputPrompt').click();
  await begin(page, 'notebook:run-cell');
}

/** Run a cell to its end. */
export async function runCell(page: IJupyterLabPageFixture, cell: number): Promise<void> {
  await page.locator('.jp-NotebookPanel .jp-Cell').nth(cell).locator('.jp-InputPrompt').click();
  await execute(page, 'notebook:run-cell');
}

export async function isBusy(page: IJupyterLabPageFixture): Promise<boolean> {
  const status = page.locator('.jp-Notebook-ExecutionIndicator').first();
  return (await status.getAttribute('data-status')) === 'busy';
}

/** Leave no kernel to the next test. */
export async function shutDownKernels(page: IJupyterLabPageFixture): Promise<void> {
  await page.evaluate(async () => {
    const app = (window as unknown as { jupyterapp: ILab }).jupyterapp;
    await app.serviceManager.sessions.shutdownAll();
  });
}
