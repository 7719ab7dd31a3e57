/** What the plugins of treadle share with one another. */

import type { DocumentWidget } from '@jupyterlab/docregistry';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { ClustersModel } from './models/clusters';
import type { SourcePool } from './models/source';
import type { ICurrentKernel } from './models/target';

/** What a user may set about panes. */
export interface IPaneSettings {
  /** Most updates a second that a pane asks for. */
  readonly maxHz: number;
  /** Longest stretch that a task stream shows while following, in seconds. */
  readonly window: number;
}

/** The document that the user works with. */
export interface ICurrentDocument extends ICurrentKernel {
  /** The last document that had a kernel; null before there was one, and when it has closed. */
  readonly document: DocumentWidget | null;
  /** Name of its kernelspec. */
  readonly kernelspec: string | null;
}

/** The clusters of the server and the feeds that are open. */
export interface ITreadleClient {
  readonly clusters: ClustersModel;
  readonly pool: SourcePool;
  /** The kernel that the user works with, and its document. */
  readonly kernel: ICurrentDocument;
  readonly settings: IPaneSettings;
  /** Emitted after `settings` has changed, or the colours that they choose. */
  readonly settingsChanged: ISignal<ITreadleClient, void>;
}

export const ITreadleClient = new Token<ITreadleClient>(
  '@treadle/labextension:ITreadleClient',
  'The clusters that run tasks for this server, and their feeds.'
);

export namespace CommandIDs {
  export const openTaskStream = 'treadle:open-task-stream';
  export const openProgress = 'treadle:open-progress';
  export const openPanes = 'treadle:open-panes';
  export const showSidebar = 'treadle:show-sidebar';
  export const newCluster = 'treadle:new-cluster';
  export const connectNotebook = 'treadle:connect-notebook';
  export const scaleCluster = 'treadle:scale-cluster';
  export const stopCluster = 'treadle:stop-cluster';
}
