/** The runs of one source and how far they are. Knows nothing of the DOM. */

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import type { Run } from '../protocol/messages';
import { Names } from './names';

export class ProgressModel implements IDisposable {
  constructor(options: ProgressModel.IOptions = {}) {
    this.groups = options.groups ?? new Names();
  }

  /** Names of groups; the number of a group gives its colour. */
  readonly groups: Names;

  /** Emitted after `runs` has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Newest last. */
  get runs(): readonly Run[] {
    return this._runs;
  }

  get newest(): Run | undefined {
    return this._runs[this._runs.length - 1];
  }

  get isRunning(): boolean {
    return this._runs.some(run => run.state === 'running');
  }

  /** Whether a list has ever come: before it, nothing is known of any run. */
  get isKnown(): boolean {
    return this._isKnown;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  find(id: string): Run | undefined {
    return this._runs.find(run => run.run === id);
  }

  /** Replace all runs and tell listeners. */
  update(runs: readonly Run[]): void {
    this._runs = [...runs];
    this._isKnown = true;
    for (const run of runs) {
      for (const group of run.groups) {
        this.groups.number(group.name);
      }
    }
    this._changed.emit();
  }

  /** Forget everything: the source is another process. */
  clear(): void {
    this._runs = [];
    this._isKnown = false;
    this._changed.emit();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _runs: readonly Run[] = [];
  private _isKnown = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

export namespace ProgressModel {
  export interface IOptions {
    /** Names shared with other models of the same source. */
    groups?: Names;
  }
}
