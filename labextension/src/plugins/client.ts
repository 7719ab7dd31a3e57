/** Provides the client: the list of clusters, the open feeds, and what users have set. */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ISignal, Signal } from '@lumino/signaling';

import { ClustersModel } from '../models/clusters';
import { SourcePool } from '../models/source';
import { IPaneSettings, ITreadleClient } from '../tokens';
import { Feed } from '../transport/feed';
import { ServerExtensionMissing, listClusters, openFeed, openWatch } from '../transport/requests';
import { pageVisibility } from '../transport/visibility';
import { ClusterWatch } from '../transport/watch';
import { CurrentKernel } from './currentKernel';

export const CLIENT_ID = '@treadle/labextension:plugin';
const DEFAULTS: IPaneSettings = { maxHz: 10, window: 30 };

class TreadleClient implements ITreadleClient {
  constructor(app: JupyterFrontEnd) {
    const server = app.serviceManager.serverSettings;
    this.kernel = new CurrentKernel(app.shell);
    this.pool = new SourcePool({
      clusters: this.clusters,
      makeFeed: (name, maxHz) =>
        new Feed({ open: () => openFeed(server, name), visibility: pageVisibility, maxHz })
    });
    this._watch = new ClusterWatch({
      open: () => openWatch(server),
      visibility: pageVisibility
    });
    this._listen(server);
  }

  readonly clusters = new ClustersModel();
  readonly pool: SourcePool;
  readonly kernel: CurrentKernel;

  get settings(): IPaneSettings {
    return this._settings;
  }

  get settingsChanged(): ISignal<ITreadleClient, void> {
    return this._settingsChanged;
  }

  applySettings(settings: ISettingRegistry.ISettings): void {
    const numberOf = (key: string, otherwise: number): number => {
      const value = settings.get(key).composite;
      return typeof value === 'number' ? value : otherwise;
    };
    this._settings = {
      maxHz: numberOf('pane.maxHz', DEFAULTS.maxHz),
      window: numberOf('pane.window', DEFAULTS.window)
    };
    this.pool.maxHz = this._settings.maxHz;
    const palette = settings.get('pane.palette').composite;
    document.body.dataset.treadlePalette = typeof palette === 'string' ? palette : 'auto';
    this._settingsChanged.emit();
  }

  private _listen(server: ServerConnection.ISettings): void {
    this._watch.changed.connect((_, clusters) => this.clusters.update(clusters));
    this._watch.interrupted.connect(() => void this._ask(server));
    this._watch.start();
  }

  /** The socket is silent. Ask the plain way, to know whether anybody is there at all. */
  private async _ask(server: ServerConnection.ISettings): Promise<void> {
    try {
      this.clusters.update(await listClusters(server));
    } catch (error) {
      const isMissing = error instanceof ServerExtensionMissing;
      this.clusters.setKnowledge(isMissing ? 'missing' : 'stale');
    }
  }

  private _watch: ClusterWatch;
  private _settings = DEFAULTS;
  private _settingsChanged = new Signal<ITreadleClient, void>(this);
}

export const clientPlugin: JupyterFrontEndPlugin<ITreadleClient> = {
  id: CLIENT_ID,
  description: 'Provides the clusters that run tasks for this server, and their feeds.',
  autoStart: true,
  provides: ITreadleClient,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, registry: ISettingRegistry | null): ITreadleClient => {
    const client = new TreadleClient(app);
    document.body.dataset.treadlePalette = 'auto';
    registry?.load(CLIENT_ID).then(
      settings => {
        client.applySettings(settings);
        settings.changed.connect(changed => client.applySettings(changed));
      },
      () => undefined // without settings, the defaults hold
    );
    return client;
  }
};
