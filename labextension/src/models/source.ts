/**
 * A source of tasks: the feed of one cluster and the models that it fills.
 *
 * Panes and outputs that show the same cluster share one source, and so one socket. Each says which
 * topics it needs when it takes a lease; the source asks the cluster for those, and no more. The last
 * lease that ends closes it.
 */

import { IDisposable } from '@lumino/disposable';

import type { ITaskFrame } from '../protocol/frame';
import type { Lanes, Runs, Topic, Welcome } from '../protocol/messages';
import { Feed, FeedState } from '../transport/feed';
import { ClustersModel } from './clusters';
import { Names } from './names';
import { ProgressModel } from './progress';
import { TaskStreamModel } from './taskStream';

export class Source implements IDisposable {
  constructor(
    readonly name: string,
    readonly feed: Feed,
    wallClock: () => number
  ) {
    this._wallClock = wallClock;
    feed.welcomed.connect(this._onWelcome, this);
    feed.restarted.connect(this._onRestarted, this);
    feed.runs.connect(this._onRuns, this);
    feed.lanes.connect(this._onLanes, this);
    feed.tasks.connect(this._onTasks, this);
    feed.stateChanged.connect(this._onState, this);
  }

  /** Names of the groups of this source, whoever met them first. */
  readonly groups = new Names();
  readonly tasks = new TaskStreamModel({ groups: this.groups });
  readonly progress = new ProgressModel({ groups: this.groups });

  /** What the cluster calls itself, once it has said so. */
  get label(): string {
    return this._label || this.name;
  }

  /** The time by the cluster's clock, in epoch seconds. */
  get now(): number {
    return this._wallClock() + this._clockOffset;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.feed.dispose();
    this.tasks.dispose();
    this.progress.dispose();
  }

  private _onWelcome(_: Feed, message: Welcome): void {
    this._label = message.source.label;
    this._clockOffset = message.now - this._wallClock();
  }

  private _onRestarted(): void {
    this.groups.clear();
    this.tasks.clear();
    this.progress.clear();
  }

  private _onRuns(_: Feed, message: Runs): void {
    this.progress.update(message.runs);
  }

  private _onLanes(_: Feed, message: Lanes): void {
    this._clockOffset = message.now - this._wallClock();
    this.tasks.setLanes(message.lanes);
  }

  private _onTasks(_: Feed, frame: ITaskFrame): void {
    this.tasks.append(frame);
  }

  private _onState(_: Feed, state: FeedState): void {
    if (state !== 'live' && state !== 'paused') {
      this.tasks.stopRunning();
    }
  }

  private _wallClock: () => number;
  private _label = '';
  private _clockOffset = 0;
}

/** The right to use a source; dispose it when done. */
export interface ILease extends IDisposable {
  readonly source: Source;
}

export class SourcePool {
  constructor(options: SourcePool.IOptions) {
    this._makeFeed = options.makeFeed;
    this._wallClock = options.wallClock ?? (() => Date.now() / 1000);
    options.clusters.changed.connect(this._onClusters, this);
  }

  /** Take a lease of the source of a cluster, for some topics. */
  acquire(name: string, topics: readonly Topic[]): ILease {
    let entry = this._entries.get(name);
    if (!entry) {
      entry = { source: this._open(name), leases: new Map() };
      this._entries.set(name, entry);
    }
    const key = {};
    entry.leases.set(key, topics);
    Private.subscribe(entry);
    entry.source.feed.start();
    return new Private.Lease(entry.source, () => this._release(name, key));
  }

  /** Most frames a second that each cluster may send. */
  set maxHz(value: number) {
    this._maxHz = value;
    for (const { source } of this._entries.values()) {
      source.feed.maxHz = value;
    }
  }

  private _open(name: string): Source {
    return new Source(name, this._makeFeed(name, this._maxHz), this._wallClock);
  }

  private _release(name: string, key: object): void {
    const entry = this._entries.get(name);
    if (!entry?.leases.delete(key)) {
      return;
    }
    if (entry.leases.size === 0) {
      this._entries.delete(name);
      entry.source.dispose();
    } else {
      Private.subscribe(entry);
    }
  }

  private _onClusters(clusters: ClustersModel): void {
    for (const [name, { source }] of this._entries) {
      if (clusters.find(name)?.state === 'running') {
        source.feed.retry();
      }
    }
  }

  private _makeFeed: (name: string, maxHz: number) => Feed;
  private _wallClock: () => number;
  private _maxHz = 10;
  private _entries = new Map<string, Private.IEntry>();
}

export namespace SourcePool {
  export interface IOptions {
    clusters: ClustersModel;
    makeFeed: (name: string, maxHz: number) => Feed;
    /** Epoch seconds. */
    wallClock?: () => number;
  }
}

namespace Private {
  export interface IEntry {
    source: Source;
    leases: Map<object, readonly Topic[]>;
  }

  export function subscribe(entry: IEntry): void {
    const topics = new Set([...entry.leases.values()].flat());
    entry.source.feed.subscribe([...topics].sort());
  }

  export class Lease implements ILease {
    constructor(
      readonly source: Source,
      release: () => void
    ) {
      this._release = release;
    }

    get isDisposed(): boolean {
      return this._isDisposed;
    }

    dispose(): void {
      if (!this._isDisposed) {
        this._isDisposed = true;
        this._release();
      }
    }

    private _release: () => void;
    private _isDisposed = false;
  }
}
