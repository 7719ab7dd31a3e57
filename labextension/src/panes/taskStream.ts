/** A pane of the task stream: what ran where and when, live. */

import { ISignal, Signal } from '@lumino/signaling';

import type { Source } from '../models/source';
import type { TaskStreamModel } from '../models/taskStream';
import { IScene, ISpan, StreamWindow } from '../models/window';
import { laneAt, xToTime } from '../painters/streamLayout';
import { IStreamPicture, paintTaskStream } from '../painters/taskStream';
import { IStreamTheme } from '../painters/theme';
import { count } from '../painters/format';
import { Pane, element, setText } from './base';
import { Legend } from './legend';
import { IStreamActions, StreamGestures } from './streamGestures';
import { StreamTable } from './streamTable';
import { StreamTooltip } from './streamTooltip';
import { readStreamTheme } from './theme';

/** Painting may take this share of the page's time; the rest is the notebook's. */
const PAINT_SHARE = 0.3;
/** Least time between two paints of a picture that only moves on. Milliseconds. */
const MOVE_INTERVAL = 33;
const TABLE_INTERVAL = 1000;
/** How far from a task the pointer may be, in pixels. */
const REACH = 3;

export class TaskStreamPane extends Pane implements IStreamActions {
  constructor(options: TaskStreamPane.IOptions) {
    super(options, ['lanes', 'runs', 'tasks']);
    this.addClass('jp-TreadleTaskStreamPane');
    const { trans } = options;
    this._clock = options.clock ?? (() => performance.now());
    this._window.length = options.windowLength ?? 30;
    this._stage = this.content.appendChild(element('div', 'jp-TreadleStream-stage'));
    this._stage.tabIndex = 0;
    this._stage.setAttribute('role', 'img');
    this._stage.setAttribute(
      'aria-label',
      trans.__('Task stream. Arrow keys pan, plus and minus zoom, f follows, t shows a table.')
    );
    this._canvas = this._stage.appendChild(element('canvas', 'jp-TreadleStream-canvas'));
    this._tooltip = new StreamTooltip(trans);
    this._stage.appendChild(this._tooltip.node);
    this._table = new StreamTable(trans);
    this._legend = new Legend(trans);
    this._missed = element('span', 'jp-TreadleStream-missed');
    const foot = element('div', 'jp-TreadleStream-foot');
    foot.append(this._legend.node, this._missed);
    this.content.append(this._table.node, foot);
    this._gestures = new StreamGestures(this._stage, this);
    this._onTableKey = event => {
      if (event.key === 't') {
        this.toggleTable();
      }
    };
    this._table.node.addEventListener('keydown', this._onTableKey);
  }

  /** Emitted after following or the table has been switched. */
  get modeChanged(): ISignal<this, void> {
    return this._modeChanged;
  }

  get isFollowing(): boolean {
    return this._window.isFollowing;
  }

  get isTable(): boolean {
    return this._isTable;
  }

  /** Longest stretch shown while following, in seconds. */
  set windowLength(seconds: number) {
    this._window.length = seconds;
    this.invalidate();
  }

  override refreshStyle(): void {
    this._theme = null;
    super.refreshStyle();
  }

  zoom(factor: number, x?: number): void {
    const model = this._model;
    if (!model || !this._picture) {
      return;
    }
    const { layout } = this._picture;
    const at = x === undefined ? (layout.left + layout.right) / 2 : Math.max(x, layout.left);
    this._window.zoom(this._scene(model), factor, xToTime(layout, this._span, at));
    this._changeMode();
  }

  pan(pixels: number): void {
    const model = this._model;
    if (!model || !this._picture) {
      return;
    }
    const { left, right } = this._picture.layout;
    const seconds = (-pixels * (this._span.to - this._span.from)) / (right - left);
    this._window.pan(this._scene(model), seconds);
    this._changeMode();
  }

  showAll(): void {
    const model = this._model;
    if (model) {
      this._window.fit(this._scene(model));
      this._changeMode();
    }
  }

  follow(): void {
    this._window.follow();
    this._changeMode();
  }

  toggleFollow(): void {
    const model = this._model;
    if (this._window.isFollowing && model) {
      this._window.hold(this._scene(model));
    } else {
      this._window.follow();
    }
    this._changeMode();
  }

  toggleTable(): void {
    this._isTable = !this._isTable;
    this._stage.hidden = this._isTable;
    this._table.node.hidden = !this._isTable;
    this._lastTable = -Infinity;
    if (this.content.contains(document.activeElement)) {
      (this._isTable ? this._table.node : this._stage).focus();
    }
    this._changeMode();
  }

  point(x: number, y: number): void {
    this._pointer = { x, y };
    this.invalidate();
  }

  unpoint(): void {
    this._pointer = null;
    this.invalidate();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._gestures.dispose();
    this._table.node.removeEventListener('keydown', this._onTableKey);
    super.dispose();
  }

  protected get isEmpty(): boolean {
    return this._model?.isEmpty ?? true;
  }

  protected attachSource(source: Source): void {
    source.tasks.changed.connect(this.invalidate, this);
    source.progress.changed.connect(this.invalidate, this);
    this._window.follow();
    this._changeMode();
  }

  protected detachSource(source: Source): void {
    source.tasks.changed.disconnect(this.invalidate, this);
    source.progress.changed.disconnect(this.invalidate, this);
    this._pointer = null;
  }

  /** A picture that costs much is painted less often, so that the page stays the reader's. */
  protected override isTooEarly(_time: number): boolean {
    return this._clock() < this._notBefore;
  }

  protected paint(): void {
    const model = this._model;
    if (!model) {
      return;
    }
    const begun = this._clock();
    this._span = this._window.resolve(this._scene(model));
    this._legend.update(model.groups.all);
    setText(
      this._missed,
      model.missed > 0 ? this.trans.__('%1 tasks not shown', count(model.missed)) : ''
    );
    if (this._isTable) {
      this._paintTable(model, begun);
    } else {
      this._paintCanvas(model);
    }
    this.node.dataset.rows = String(model.rows.length);
    const cost = this._clock() - begun;
    this._notBefore = begun + cost / PAINT_SHARE;
    if (this._window.isFollowing && model.running.length > 0) {
      this._notBefore = Math.max(this._notBefore, begun + MOVE_INTERVAL);
      this.invalidate();
    }
  }

  private get _model(): TaskStreamModel | null {
    return this.source?.tasks ?? null;
  }

  private _paintCanvas(model: TaskStreamModel): void {
    const width = this._stage.clientWidth;
    const height = this._stage.clientHeight;
    if (width === 0 || height === 0) {
      return;
    }
    const context = this._canvas.getContext('2d', { alpha: false });
    if (!context) {
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this._canvas.width !== wide || this._canvas.height !== high) {
      this._canvas.width = wide;
      this._canvas.height = high;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._theme ??= readStreamTheme(this.node);
    const highlighted = this._find(model);
    const origin = this._origin(model);
    this._picture = paintTaskStream(
      context,
      model,
      { ...this._span, width, height, origin, now: this.source?.now ?? 0, highlighted },
      this._theme
    );
    if (highlighted >= 0 && this._pointer) {
      this._tooltip.show(model, highlighted, origin, this._pointer.x, this._pointer.y);
    } else {
      this._tooltip.hide();
    }
  }

  private _paintTable(model: TaskStreamModel, now: number): void {
    if (now - this._lastTable >= TABLE_INTERVAL) {
      this._lastTable = now;
      this._table.update(model, this._span);
    } else {
      this.invalidate();
    }
  }

  /** The row under the pointer, or -1. */
  private _find(model: TaskStreamModel): number {
    const layout = this._picture?.layout;
    if (!layout || !this._pointer) {
      return -1;
    }
    const { x, y } = this._pointer;
    const position = laneAt(layout, y);
    if (position < 0 || x < layout.left || x > layout.right) {
      return -1;
    }
    const time = xToTime(layout, this._span, x);
    const reach = (REACH * (this._span.to - this._span.from)) / (layout.right - layout.left);
    return model.find(model.laneOrder[position], time, reach);
  }

  private _scene(model: TaskStreamModel): IScene {
    const isLive = model.running.length > 0;
    return {
      // What had to go leaves no empty stretch behind.
      runStart: model.isCut ? Math.max(this._runStart(), model.firstStart) : this._runStart(),
      firstStart: model.firstStart,
      lastStop: model.lastStop,
      now: isLive && this.source ? this.source.now : NaN
    };
  }

  private _runStart(): number {
    const runs = this.source?.progress.runs ?? [];
    const run = runs.find(({ state }) => state === 'running') ?? runs[runs.length - 1];
    return run?.started ?? NaN;
  }

  private _origin(model: TaskStreamModel): number {
    const start = this._runStart();
    return Number.isNaN(start) ? model.firstStart || 0 : start;
  }

  private _changeMode(): void {
    this.node.classList.toggle('jp-mod-held', !this._window.isFollowing);
    this.invalidate();
    this._modeChanged.emit();
  }

  private _clock: () => number;
  private _window = new StreamWindow();
  private _span: ISpan = { from: 0, to: 1 };
  private _stage: HTMLElement;
  private _canvas: HTMLCanvasElement;
  private _tooltip: StreamTooltip;
  private _table: StreamTable;
  private _legend: Legend;
  private _missed: HTMLElement;
  private _gestures: StreamGestures;
  private _onTableKey: (event: KeyboardEvent) => void;
  private _theme: IStreamTheme | null = null;
  private _picture: IStreamPicture | null = null;
  private _pointer: { x: number; y: number } | null = null;
  private _isTable = false;
  private _lastTable = -Infinity;
  private _notBefore = 0;
  private _modeChanged = new Signal<this, void>(this);
}

export namespace TaskStreamPane {
  export interface IOptions extends Pane.IOptions {
    /** Longest stretch shown while following, in seconds. */
    windowLength?: number;
    /** Milliseconds. */
    clock?: () => number;
  }
}
