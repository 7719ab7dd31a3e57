/** What the side bar can do to clusters; the plugin knows how. */

import type { INewCluster } from '../transport/requests';

export type PaneKind = 'task-stream' | 'progress';

/** In which Python a cluster may be started. */
export interface IEnvironment {
  /** Name of the kernelspec. */
  readonly name: string;
  readonly label: string;
}

export interface IClusterActions {
  /** Open a pane of a cluster. */
  open(pane: PaneKind, cluster: string): void;
  /** Put a cell that connects to it into the notebook that is in use. */
  connect(cluster: string): void;
  /** Ask how many workers there should be, and tell the cluster. */
  scale(cluster: string): void;
  /** Ask whether one is sure, and stop it. */
  stop(cluster: string): void;
  /** Give up a start, or forget a cluster that is no more. */
  dismiss(cluster: string): void;
  /** The end of its log. */
  readLog(cluster: string): Promise<string>;
  /** Begin to start one; rejected with the server's words. */
  start(wanted: INewCluster): Promise<void>;
  /** Environments that there are, and the one of the notebook that is in use. */
  environments(): { readonly all: readonly IEnvironment[]; readonly chosen: string };
}
