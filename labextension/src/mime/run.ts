/**
 * Draws a run under its cell.
 *
 * From the stored model alone once the run has ended; while it runs, and the model names a source,
 * from that source's feed, so that it moves though the kernel's main thread is busy. Notebooks take
 * outputs off the page and put them back as they scroll: the feed is held only while attached.
 */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { Run } from '../protocol/messages';
import type { ClustersModel } from '../models/clusters';
import type { ILease, SourcePool } from '../models/source';
import { RunBars } from '../painters/runBars';
import { IRunView } from '../painters/runText';
import { ITrans } from '../painters/trans';
import { IStoredRun, RUN_MIME_TYPE, readStoredRun } from './model';

const CLOCK_INTERVAL = 1000;
/** An output may come before the feed has told of its run. Milliseconds. */
const LOST_GRACE = 3000;

export class RunRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(options: RunRenderer.IOptions) {
    super();
    this.addClass('jp-TreadleRun');
    this._clusters = options.clusters;
    this._pool = options.pool;
    this._trans = options.trans;
  }

  /** Show a model; called again when the kernel updates the display. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const stored = readStoredRun(model.data[RUN_MIME_TYPE]);
    if (!stored) {
      this._release();
      this._stored = this._bars = null;
      this.node.textContent = this._trans.__('This output is not a run that can be shown.');
      return Promise.resolve();
    }
    if (!this._bars) {
      this._bars = new RunBars({ trans: this._trans, isOpen: stored.state === 'running' });
      this.node.replaceChildren(this._bars.node);
    }
    this._stored = stored;
    this._live = this._live?.run === stored.run ? this._live : null;
    this._follow();
    this._show();
    return Promise.resolve();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._release();
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._follow();
    this._show();
  }

  protected override onBeforeDetach(msg: Message): void {
    this._release();
    super.onBeforeDetach(msg);
  }

  /** Hold the feed exactly while there is something to hear on it. */
  private _follow(): void {
    const stored = this._stored;
    const wanted = stored?.state === 'running' && this.isAttached ? stored.source : null;
    if (this._lease?.source.name === wanted) {
      return;
    }
    this._release();
    if (wanted === null) {
      return;
    }
    this._lease = this._pool.acquire(wanted, ['runs']);
    this._followedSince = Date.now();
    const { source } = this._lease;
    source.progress.changed.connect(this._onChange, this);
    source.feed.stateChanged.connect(this._onChange, this);
    this._clusters.changed.connect(this._onChange, this);
  }

  private _release(): void {
    clearTimeout(this._timer);
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    const lease = this._lease;
    if (lease) {
      this._lease = null;
      lease.source.progress.changed.disconnect(this._onChange, this);
      lease.source.feed.stateChanged.disconnect(this._onChange, this);
      this._clusters.changed.disconnect(this._onChange, this);
      lease.dispose();
    }
  }

  private _onChange(): void {
    const source = this._lease?.source;
    const stored = this._stored;
    if (source && stored) {
      this._live = source.progress.find(stored.run) ?? this._live;
    }
    this._frame ||= requestAnimationFrame(() => {
      this._frame = 0;
      this._show();
    });
  }

  private _show(): void {
    clearTimeout(this._timer);
    const stored = this._stored;
    if (!stored || !this._bars) {
      return;
    }
    const view = this._view(stored);
    this._bars.update(view);
    this.node.dataset.live = String(this._lease?.source.feed.state === 'live');
    if (this._lease && view.state === 'running') {
      this._timer = setTimeout(() => this._show(), CLOCK_INTERVAL);
    }
  }

  private _view(stored: IStoredRun): IRunView {
    const live = this._live;
    if (stored.state !== 'running') {
      return stored;
    }
    if (this._isLost(stored)) {
      const groups = (live ?? stored).groups.map(group => ({ ...group, running: 0 }));
      return { ...stored, groups, state: 'lost' };
    }
    if (!live) {
      return stored;
    }
    const source = this._lease?.source;
    const isLive = live.state === 'running' && source?.feed.state === 'live';
    return {
      label: live.label,
      engine: live.engine,
      state: live.state,
      nlanes: live.nlanes,
      elapsed: isLive ? Math.max(live.elapsed, source.now - live.started) : live.elapsed,
      groups: live.groups,
      notes: stored.notes
    };
  }

  /** Whether nobody will ever tell how it ended: its process is gone, or is another one now. */
  private _isLost(stored: IStoredRun): boolean {
    const source = this._lease?.source;
    if (!source || (this._live && this._live.state !== 'running')) {
      return false;
    }
    const { state } = source.feed;
    const isListed = this._clusters.find(source.name)?.state === 'running';
    if (state === 'unknown' || (state === 'lost' && !isListed)) {
      return true;
    }
    const isMissing = source.progress.isKnown && !source.progress.find(stored.run);
    return isMissing && Date.now() - this._followedSince >= LOST_GRACE;
  }

  private _clusters: ClustersModel;
  private _pool: SourcePool;
  private _trans: ITrans;
  private _stored: IStoredRun | null = null;
  private _live: Run | null = null;
  private _bars: RunBars | null = null;
  private _lease: ILease | null = null;
  private _followedSince = 0;
  private _frame = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

export namespace RunRenderer {
  export interface IOptions {
    clusters: ClustersModel;
    pool: SourcePool;
    trans: ITrans;
  }
}
