/**
 * The stream of tasks of one source: what ran where and when, and what was missed.
 *
 * Knows nothing of the DOM. Fed with frames of columns; asked by painters for lanes, rows and gaps.
 */

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import type { ITaskFrame } from '../protocol/frame';
import type { Lane } from '../protocol/messages';
import { Names } from './names';
import { IRow, TaskRing } from './ring';

/** Rows kept: a quarter of a million, about 11 MB. */
export const CAPACITY = 262_144;
const MAX_GAPS = 256;

/** A stretch of time of which rows are missing. */
export interface IGap {
  /** Epoch seconds; the missing rows lie between them. */
  readonly from: number;
  readonly to: number;
  readonly missed: number;
}

/** A task that has not ended. */
export interface IRunning {
  readonly lane: number;
  readonly group: number;
  readonly start: number;
}

/** What happened in a stretch of time to the tasks of one group. */
export interface IGroupSummary {
  readonly group: number;
  tasks: number;
  failed: number;
  seconds: number;
  longest: number;
}

const numerically = new Intl.Collator(undefined, { numeric: true });

export class TaskStreamModel implements IDisposable {
  constructor(options: TaskStreamModel.IOptions = {}) {
    this.rows = new TaskRing(options.capacity ?? CAPACITY);
    this.groups = options.groups ?? new Names();
  }

  /** The rows themselves. Read only. */
  readonly rows: TaskRing;
  /** Names of groups; the number of a group gives its colour. */
  readonly groups: Names;
  /** Names of lanes, by the number that rows carry. */
  readonly lanes = new Names();
  /** Ids of runs, by the number that rows carry. */
  readonly runs = new Names(65_536);

  /** Emitted after rows, lanes or gaps have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Numbers of the lanes in the order in which people count: thread 2 before thread 10. */
  get laneOrder(): readonly number[] {
    if (this._laneOrder.length !== this.lanes.all.length) {
      this._laneOrder = this.lanes.all
        .map((_, lane) => lane)
        .sort((a, b) => numerically.compare(this.lanes.all[a], this.lanes.all[b]));
    }
    return this._laneOrder;
  }

  /** Tasks that have not ended, when last heard. */
  get running(): readonly IRunning[] {
    return this._running;
  }

  get gaps(): readonly IGap[] {
    return this._gaps;
  }

  /** Rows missed in all gaps together. */
  get missed(): number {
    return this._missed;
  }

  /** Earliest start, NaN before the first row; about that of the oldest row once some had to go. */
  get firstStart(): number {
    const { oldest } = this.rows;
    return oldest < 0 ? this._firstStart : this.rows.start[oldest];
  }

  /** Whether rows had to go to make room for newer ones. */
  get isCut(): boolean {
    return this.rows.oldest >= 0;
  }

  /** Latest stop; NaN before the first row. Epoch seconds. */
  get lastStop(): number {
    return this._lastStop;
  }

  get isEmpty(): boolean {
    return this.rows.length === 0 && this._running.length === 0;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Take in a frame. Rows that are here already, after a resumed subscription, are passed over. */
  append(frame: ITaskFrame): void {
    const begin = Math.max(0, this._next - frame.first);
    if (begin >= frame.count && frame.missed === 0) {
      return;
    }
    const missed = Math.max(frame.missed, frame.first - this._next);
    if (missed > 0 && begin < frame.count) {
      this._addGap(frame.start[begin], missed);
    }
    this._next = Math.max(this._next, frame.first + frame.count);
    this._addRows(frame, begin);
    this._changed.emit();
  }

  /** Replace what the lanes are doing now. */
  setLanes(lanes: readonly Lane[]): void {
    const running: IRunning[] = [];
    for (const { name, busy } of lanes) {
      const lane = this._lane(name);
      if (busy && busy.group !== '') {
        running.push({ lane, group: this.groups.number(busy.group), start: busy.start });
      }
    }
    this._running = running;
    this._changed.emit();
  }

  /** Nothing runs any more: the source is gone. */
  stopRunning(): void {
    if (this._running.length > 0) {
      this._running = [];
      this._changed.emit();
    }
  }

  /** Forget everything: numbers begin anew. */
  clear(): void {
    this.rows.clear();
    this.lanes.clear();
    this.runs.clear();
    this._laneOrder = [];
    this._running = [];
    this._gaps = [];
    this._missed = 0;
    this._next = 0;
    this._firstStart = NaN;
    this._lastStop = NaN;
    this._changed.emit();
  }

  /** The slot of the row of `lane` at `time`, or the nearest one within `tolerance` seconds; else -1. */
  find(lane: number, time: number, tolerance: number): number {
    const rows = this.rows;
    if (lane >= rows.lanes.length) {
      return -1;
    }
    const slots = rows.lanes[lane].slots;
    const [begin, end] = rows.range(lane, time - tolerance, time + tolerance);
    let best = -1;
    let nearest = tolerance;
    for (let at = begin; at < end; at++) {
      const slot = slots[at];
      const distance = Math.max(rows.start[slot] - time, time - rows.stop[slot], 0);
      if (distance < nearest || (distance === 0 && best < 0)) {
        best = slot;
        nearest = distance;
      }
    }
    return best;
  }

  /** Numbers of every group in `[from, to]`, in order of groups. */
  summarize(from: number, to: number): IGroupSummary[] {
    const { rows } = this;
    const byGroup = new Map<number, IGroupSummary>();
    for (let lane = 0; lane < rows.lanes.length; lane++) {
      const { slots } = rows.lanes[lane];
      const [begin, end] = rows.range(lane, from, to);
      for (let at = begin; at < end; at++) {
        const slot = slots[at];
        if (rows.start[slot] > to) {
          continue;
        }
        const group = rows.group[slot];
        let entry = byGroup.get(group);
        if (!entry) {
          entry = { group, tasks: 0, failed: 0, seconds: 0, longest: 0 };
          byGroup.set(group, entry);
        }
        const seconds = rows.stop[slot] - rows.start[slot];
        entry.tasks += 1;
        entry.failed += rows.status[slot] === 0 ? 0 : 1;
        entry.seconds += seconds;
        entry.longest = Math.max(entry.longest, seconds);
      }
    }
    return [...byGroup.values()].sort((a, b) => a.group - b.group);
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _addRows(frame: ITaskFrame, begin: number): void {
    // Lane names come once a frame, so that a row costs array reads and writes alone. A string may be
    // a lane, a group and a run at once: each has its own table.
    const lanes = new Int32Array(frame.strings.length).fill(-1);
    const groups = new Int32Array(frame.strings.length).fill(-1);
    const runs = new Int32Array(frame.strings.length).fill(-1);
    const row = this._row;
    for (let i = begin; i < frame.count; i++) {
      row.start = frame.start[i];
      row.stop = frame.stop[i];
      if (!(row.stop >= row.start && row.stop - row.start < Infinity)) {
        continue; // not a span of time
      }
      const lane = frame.lane[i];
      const group = frame.group[i];
      const run = frame.run[i];
      if (lanes[lane] < 0) {
        lanes[lane] = this._lane(frame.strings[lane]);
      }
      if (groups[group] < 0) {
        groups[group] = this.groups.number(frame.strings[group]);
      }
      if (runs[run] < 0) {
        runs[run] = this.runs.number(frame.strings[run]);
      }
      row.lane = lanes[lane];
      row.group = groups[group];
      row.run = runs[run];
      row.kind = frame.kind[i];
      row.status = frame.status[i];
      row.number = frame.number[i];
      this.rows.push(row);
      this._firstStart = row.start < this._firstStart ? row.start : this._firstStart || row.start;
      this._lastStop = row.stop > this._lastStop ? row.stop : this._lastStop || row.stop;
    }
    this.rows.settle();
  }

  private _addGap(to: number, missed: number): void {
    this._missed += missed;
    const from = Number.isNaN(this._lastStop) ? to : Math.min(this._lastStop, to);
    this._gaps.push({ from, to, missed });
    if (this._gaps.length > MAX_GAPS) {
      this._gaps.shift();
    }
  }

  private _lane(name: string): number {
    return this.lanes.number(name);
  }

  private _row: IRow = {
    start: 0,
    stop: 0,
    lane: 0,
    group: 0,
    run: 0,
    kind: 0,
    status: 0,
    number: 0
  };
  private _laneOrder: readonly number[] = [];
  private _running: readonly IRunning[] = [];
  private _gaps: IGap[] = [];
  private _missed = 0;
  private _next = 0;
  private _firstStart = NaN;
  private _lastStop = NaN;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

export namespace TaskStreamModel {
  export interface IOptions {
    capacity?: number;
    /** Names shared with other models of the same source. */
    groups?: Names;
  }
}
