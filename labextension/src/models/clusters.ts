/** The clusters that the server knows of: kernels and others that run tasks. */

import { ISignal, Signal } from '@lumino/signaling';

import type { Cluster, ClusterState } from '../protocol/messages';

const ORDER: readonly ClusterState[] = ['starting', 'running', 'stopping', 'failed', 'lost'];

/**
 * How well the list is known.
 *
 * - `unknown`: nothing has been heard. `known`: the list is current.
 * - `stale`: the server is silent; the list is the last one. `missing`: the server has no such list.
 */
export type Knowledge = 'unknown' | 'known' | 'stale' | 'missing';

export class ClustersModel {
  /** Emitted after anything has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Those that start first, then those that run, and the newest first. */
  get clusters(): readonly Cluster[] {
    return this._clusters;
  }

  get knowledge(): Knowledge {
    return this._knowledge;
  }

  get newestRunning(): Cluster | undefined {
    return this._clusters.find(cluster => cluster.state === 'running');
  }

  find(name: string): Cluster | undefined {
    return this._clusters.find(cluster => cluster.name === name);
  }

  ofKernel(id: string): Cluster | undefined {
    return this._clusters.find(cluster => cluster.kernel_id === id && cluster.state === 'running');
  }

  update(clusters: readonly Cluster[]): void {
    this._clusters = [...clusters].sort(
      (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.started - a.started
    );
    this._knowledge = 'known';
    this._changed.emit();
  }

  /** The list may no longer be true. */
  setKnowledge(knowledge: 'stale' | 'missing'): void {
    // A silent server that was never heard of stays unknown: there is no old list to distrust.
    const next = knowledge === 'stale' && this._knowledge !== 'known' ? this._knowledge : knowledge;
    if (next !== this._knowledge) {
      this._knowledge = next;
      this._changed.emit();
    }
  }

  private _clusters: readonly Cluster[] = [];
  private _knowledge: Knowledge = 'unknown';
  private _changed = new Signal<this, void>(this);
}
