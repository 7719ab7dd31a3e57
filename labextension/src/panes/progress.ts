/** A pane of progress: the runs of a cluster, newest first, each with a bar for each group. */

import type { Run } from '../protocol/messages';
import type { Source } from '../models/source';
import { RunBars } from '../painters/runBars';
import { IRunView } from '../painters/runText';
import { Pane, element } from './base';

/** Runs that are shown; the cluster keeps about as many. */
const MAX_RUNS = 20;
/** A run that lasts shows its clock this often. Milliseconds. */
const CLOCK_INTERVAL = 1000;

export class ProgressPane extends Pane {
  constructor(options: Pane.IOptions) {
    super(options, ['runs']);
    this.addClass('jp-TreadleProgressPane');
    this._list = this.content.appendChild(element('div', 'jp-TreadleProgressPane-runs'));
    this._list.tabIndex = 0;
    this._list.setAttribute('role', 'region');
    this._list.setAttribute('aria-label', options.trans.__('Progress of runs'));
  }

  override dispose(): void {
    clearTimeout(this._timer);
    super.dispose();
  }

  protected get isEmpty(): boolean {
    return (this.source?.progress.runs.length ?? 0) === 0;
  }

  protected attachSource(source: Source): void {
    source.progress.changed.connect(this.invalidate, this);
    this.invalidate();
  }

  protected detachSource(source: Source): void {
    source.progress.changed.disconnect(this.invalidate, this);
    clearTimeout(this._timer);
    this._clear();
  }

  protected paint(): void {
    const { source } = this;
    if (!source) {
      this._clear();
      return;
    }
    const runs = source.progress.runs.slice(-MAX_RUNS).reverse();
    const wanted = new Set(runs.map(run => run.run));
    for (const [id, bars] of this._bars) {
      if (!wanted.has(id)) {
        bars.node.remove();
        this._bars.delete(id);
      }
    }
    let place: Element | null = this._list.firstElementChild;
    runs.forEach((run, position) => {
      const bars = this._bars.get(run.run) ?? this._make(run, position, source);
      if (bars.node === place) {
        place = place.nextElementSibling;
      } else {
        this._list.insertBefore(bars.node, place);
      }
      bars.update(view(run, source));
    });
    this._keepTime(source);
  }

  private _make(run: Run, position: number, source: Source): RunBars {
    const bars = new RunBars({
      trans: this.trans,
      showLabel: true,
      isOpen: position === 0 || run.state === 'running',
      colourOf: name => source.groups.number(name)
    });
    this._bars.set(run.run, bars);
    return bars;
  }

  private _clear(): void {
    this._bars.clear();
    this._list.replaceChildren();
  }

  /** While a task lasts nothing arrives, and yet time passes. */
  private _keepTime(source: Source): void {
    clearTimeout(this._timer);
    if (source.progress.isRunning && source.feed.state === 'live') {
      this._timer = setTimeout(() => this.invalidate(), CLOCK_INTERVAL);
    }
  }

  private _list: HTMLElement;
  private _bars = new Map<string, RunBars>();
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function view(run: Run, source: Source): IRunView {
  const isLive = run.state === 'running' && source.feed.state === 'live';
  return {
    label: run.label,
    state: run.state,
    engine: run.engine,
    nlanes: run.nlanes,
    elapsed: isLive ? Math.max(run.elapsed, source.now - run.started) : run.elapsed,
    groups: run.groups
  };
}
