/** Commands that start, connect, scale and stop clusters; the side bar runs them too. */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  InputDialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { ITranslator, TranslationBundle, nullTranslator } from '@jupyterlab/translation';

import { selectConnection } from '../models/connection';
import type { Cluster } from '../protocol/messages';
import { CommandIDs, ITreadleClient } from '../tokens';
import { scaleCluster, stopCluster } from '../transport/requests';
import { isNotebook } from './currentNotebook';

const CLUSTER = {
  type: 'string',
  description: 'Name of the cluster; without it, one is asked for'
} as const;

export const clusterActionsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@treadle/labextension:cluster-actions',
  description: 'Connects notebooks to clusters, scales and stops them.',
  autoStart: true,
  requires: [ITreadleClient],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    client: ITreadleClient,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('treadle');
    const server = app.serviceManager.serverSettings;
    const wiring: IWiring = { app, client, trans };

    app.commands.addCommand(CommandIDs.connectNotebook, {
      label: trans.__('Connect Notebook to Cluster…'),
      caption: trans.__('Insert a cell that connects the notebook to a cluster'),
      describedBy: { args: { type: 'object', properties: { cluster: CLUSTER } } },
      isEnabled: () => running(client).length > 0,
      execute: async args => {
        const cluster = await choose(wiring, args.cluster, trans.__('Connect to'));
        if (cluster) {
          connect(wiring, cluster.name);
        }
      }
    });

    app.commands.addCommand(CommandIDs.scaleCluster, {
      label: trans.__('Scale Cluster…'),
      caption: trans.__('Change how many workers a cluster has'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            cluster: CLUSTER,
            n: { type: 'integer', minimum: 0, description: 'How many; without it, this is asked' }
          }
        }
      },
      isEnabled: () => running(client).length > 0,
      execute: async args => {
        const cluster = await choose(wiring, args.cluster, trans.__('Scale'));
        if (!cluster) {
          return;
        }
        const n = typeof args.n === 'number' ? args.n : await askWorkers(cluster, trans);
        if (n !== null) {
          await tell(trans, cluster.name, () => scaleCluster(server, cluster.name, n));
        }
      }
    });

    app.commands.addCommand(CommandIDs.stopCluster, {
      label: trans.__('Stop Cluster…'),
      caption: trans.__('Stop all processes of a cluster'),
      describedBy: { args: { type: 'object', properties: { cluster: CLUSTER } } },
      isEnabled: () => running(client).length > 0,
      execute: async args => {
        const cluster = await choose(wiring, args.cluster, trans.__('Stop'));
        if (cluster && (await isSure(cluster, trans))) {
          await tell(trans, cluster.name, () => stopCluster(server, cluster.name));
        }
      }
    });

    for (const command of [
      CommandIDs.connectNotebook,
      CommandIDs.scaleCluster,
      CommandIDs.stopCluster
    ]) {
      palette?.addItem({ command, category: trans.__('treadle') });
    }
  }
};

interface IWiring {
  app: JupyterFrontEnd;
  client: ITreadleClient;
  trans: TranslationBundle;
}

/** What can be connected to, scaled and stopped. */
function running(client: ITreadleClient): Cluster[] {
  return client.clusters.clusters.filter(
    ({ kind, state }) => kind === 'cluster' && state === 'running'
  );
}

/** The cluster of that name, the only one, or the one that the user chooses. */
async function choose(wiring: IWiring, name: unknown, title: string): Promise<Cluster | null> {
  const all = running(wiring.client);
  if (typeof name === 'string') {
    return all.find(cluster => cluster.name === name) ?? null;
  }
  if (all.length < 2) {
    return all[0] ?? null;
  }
  const { value } = await InputDialog.getItem({
    title,
    label: wiring.trans.__('Cluster'),
    items: all.map(cluster => cluster.name)
  });
  return all.find(cluster => cluster.name === value) ?? null;
}

function connect({ app, client, trans }: IWiring, cluster: string): void {
  const document = client.kernel.document;
  if (!isNotebook(document)) {
    Notification.info(trans.__('Open a notebook first; then connect it to %1.', cluster), {
      autoClose: 5000
    });
    return;
  }
  selectConnection(document.content, cluster);
  app.shell.activateById(document.id);
}

async function askWorkers(cluster: Cluster, trans: TranslationBundle): Promise<number | null> {
  const { value } = await InputDialog.getNumber({
    title: trans.__('Scale %1', cluster.label),
    label: trans.__('Workers'),
    value: cluster.workers ?? 1,
    okLabel: trans.__('Scale')
  });
  return value === null || !Number.isInteger(value) || value < 0 ? null : value;
}

async function isSure(cluster: Cluster, trans: TranslationBundle): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Stop %1?', cluster.label),
    body: trans.__('Its workers end, whatever they are doing, and the results that they hold go.'),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Stop'), ariaLabel: trans.__('Stop the cluster') })
    ]
  });
  return button.accept;
}

/** Ask the server; say what it says if it does not do it. */
async function tell(
  trans: TranslationBundle,
  cluster: string,
  request: () => Promise<void>
): Promise<void> {
  try {
    await request();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    Notification.error(trans.__('%1: %2', cluster, words), { autoClose: false });
  }
}
