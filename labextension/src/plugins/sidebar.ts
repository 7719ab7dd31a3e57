/** Puts the list of clusters into the left side bar. */

import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ITranslator, TranslationBundle, nullTranslator } from '@jupyterlab/translation';

import { treadleIcon } from '../icons';
import type { IClusterActions, IEnvironment } from '../sidebar/actions';
import { ClusterList } from '../sidebar/clusters';
import { CommandIDs, ITreadleClient } from '../tokens';
import { readLog, startCluster, stopCluster } from '../transport/requests';

const SIDEBAR_ID = 'treadle-sidebar';
const RANK = 550;
const NO_ARGS = { args: { type: 'object', properties: {} } } as const;

export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: '@treadle/labextension:sidebar',
  description: 'Lists what runs tasks for this server, and starts clusters.',
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
    const actions = makeActions(app, client, trans);
    const list = new ClusterList({ clusters: client.clusters, trans, actions });
    list.id = SIDEBAR_ID;
    list.title.icon = treadleIcon;
    list.title.caption = trans.__('Clusters (treadle)');
    app.shell.add(list, 'left', { rank: RANK, type: 'treadle' });
    restorer?.add(list, SIDEBAR_ID);
    app.commands.addCommand(CommandIDs.showSidebar, {
      label: trans.__('Show Clusters'),
      caption: trans.__('Show what runs tasks for this server'),
      icon: treadleIcon,
      describedBy: NO_ARGS,
      execute: () => app.shell.activateById(SIDEBAR_ID)
    });
    app.commands.addCommand(CommandIDs.newCluster, {
      label: trans.__('New Cluster…'),
      caption: trans.__('Start workers on the machine of this server'),
      icon: treadleIcon,
      describedBy: NO_ARGS,
      execute: () => {
        app.shell.activateById(SIDEBAR_ID);
        list.toggleForm(true);
      }
    });
    for (const command of [CommandIDs.showSidebar, CommandIDs.newCluster]) {
      palette?.addItem({ command, category: trans.__('treadle') });
    }
  }
};

function makeActions(
  app: JupyterFrontEnd,
  client: ITreadleClient,
  trans: TranslationBundle
): IClusterActions {
  const { commands, serviceManager } = app;
  const server = serviceManager.serverSettings;
  const expected = new Set<string>();
  client.clusters.changed.connect(({ clusters }) => {
    for (const { name, state } of clusters) {
      if (state !== 'starting' && expected.delete(name) && state === 'running') {
        announce(app, name, trans);
      }
    }
  });
  return {
    open: (pane, cluster) => {
      const command = pane === 'task-stream' ? CommandIDs.openTaskStream : CommandIDs.openProgress;
      void commands.execute(command, { cluster });
    },
    connect: cluster => void commands.execute(CommandIDs.connectNotebook, { cluster }),
    scale: cluster => void commands.execute(CommandIDs.scaleCluster, { cluster }),
    stop: cluster => void commands.execute(CommandIDs.stopCluster, { cluster }),
    dismiss: cluster => {
      stopCluster(server, cluster).catch((error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        Notification.error(trans.__('%1: %2', cluster, words), { autoClose: 10_000 });
      });
    },
    readLog: async cluster => (await readLog(server, cluster)).text,
    start: async wanted => {
      expected.add((await startCluster(server, wanted)).name);
    },
    environments: () => {
      const specs = serviceManager.kernelspecs.specs;
      const all: IEnvironment[] = [];
      for (const spec of Object.values(specs?.kernelspecs ?? {})) {
        if (spec?.language.toLowerCase() === 'python') {
          all.push({ name: spec.name, label: spec.display_name });
        }
      }
      return { all, chosen: client.kernel.kernelspec ?? specs?.default ?? '' };
    }
  };
}

/** It is there: say what can be done with it. */
function announce(app: JupyterFrontEnd, cluster: string, trans: TranslationBundle): void {
  const run = (command: string) => () => void app.commands.execute(command, { cluster });
  Notification.success(trans.__('Cluster %1 is running.', cluster), {
    autoClose: 8000,
    actions: [
      { label: trans.__('Connect this notebook'), callback: run(CommandIDs.connectNotebook) },
      { label: trans.__('Open panes'), callback: run(CommandIDs.openPanes) }
    ]
  });
}
