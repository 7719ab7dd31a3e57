/** Draws runs in the outputs of notebooks. */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { RUN_MIME_TYPE } from '../mime/model';
import { RunRenderer } from '../mime/run';
import { ITreadleClient } from '../tokens';

/** Before HTML, which the same output holds for front ends without this renderer. */
const RANK = 0;

export const mimePlugin: JupyterFrontEndPlugin<void> = {
  id: '@treadle/labextension:mime',
  description: 'Draws runs of tasks in the outputs of notebooks.',
  autoStart: true,
  requires: [ITreadleClient, IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    client: ITreadleClient,
    registry: IRenderMimeRegistry,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('treadle');
    registry.addFactory(
      {
        safe: true,
        mimeTypes: [RUN_MIME_TYPE],
        defaultRank: RANK,
        createRenderer: () =>
          new RunRenderer({ clusters: client.clusters, pool: client.pool, trans })
      },
      RANK
    );
  }
};
