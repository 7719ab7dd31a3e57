/** Puts the list of clusters into the left side bar. */

import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { treadleIcon } from '../icons';
import { ClusterList } from '../sidebar/clusters';
import { CommandIDs, ITreadleClient } from '../tokens';

const SIDEBAR_ID = 'treadle-sidebar';
const RANK = 550;

export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: '@treadle/labextension:sidebar',
  description: 'Lists what runs tasks for this server.',
  autoStart: true,
  requires: [ITreadleClient],
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    client: ITreadleClient,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('treadle');
    const list = new ClusterList({
      clusters: client.clusters,
      trans,
      open: (pane, cluster) => {
        const command =
          pane === 'task-stream' ? CommandIDs.openTaskStream : CommandIDs.openProgress;
        void app.commands.execute(command, { cluster });
      }
    });
    list.id = SIDEBAR_ID;
    list.title.icon = treadleIcon;
    list.title.caption = trans.__('Clusters (treadle)');
    app.shell.add(list, 'left', { rank: RANK, type: 'treadle' });
    restorer?.add(list, SIDEBAR_ID);
    app.commands.addCommand(CommandIDs.showSidebar, {
      label: trans.__('Show Clusters'),
      caption: trans.__('Show what runs tasks for this server'),
      icon: treadleIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(SIDEBAR_ID)
    });
    palette?.addItem({ command: CommandIDs.showSidebar, category: trans.__('treadle') });
  }
};
