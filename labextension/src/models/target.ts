/**
 * Which cluster a pane shows: one by name, or the one in use.
 *
 * "The one in use" is the cluster of the kernel that the user works with, if it has one, else the
 * newest that runs. When that one ends, the target stays with it until there is another: its last
 * picture is worth more than an empty pane.
 */

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ClustersModel } from './clusters';

/** The name that stands for the cluster in use. */
export const ACTIVE = 'active';

/** The kernel that the user works with. */
export interface ICurrentKernel {
  readonly id: string | null;
  readonly changed: ISignal<unknown, void>;
}

export class Target implements IDisposable {
  constructor(options: Target.IOptions) {
    this._clusters = options.clusters;
    this._kernel = options.kernel ?? null;
    this._choice = options.choice ?? ACTIVE;
    this._clusters.changed.connect(this._refresh, this);
    this._kernel?.changed.connect(this._refresh, this);
    this._refresh();
  }

  /** Emitted after `name` or `choice` has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The cluster to show; null while there is none. */
  get name(): string | null {
    return this._name;
  }

  /** What was asked for: a name, or `ACTIVE`. */
  get choice(): string {
    return this._choice;
  }

  set choice(value: string) {
    if (value !== this._choice) {
      this._choice = value;
      this._name = null;
      this._resolve();
      this._changed.emit();
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _refresh(): void {
    const before = this._name;
    this._resolve();
    if (this._name !== before) {
      this._changed.emit();
    }
  }

  private _resolve(): void {
    if (this._choice !== ACTIVE) {
      this._name = this._choice;
      return;
    }
    const kernel = this._kernel?.id;
    const found = (kernel && this._clusters.ofKernel(kernel)) || this._clusters.newestRunning;
    this._name = found?.name ?? this._name;
  }

  private _clusters: ClustersModel;
  private _kernel: ICurrentKernel | null;
  private _choice: string;
  private _name: string | null = null;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

export namespace Target {
  export interface IOptions {
    clusters: ClustersModel;
    kernel?: ICurrentKernel | null;
    /** A name, or `ACTIVE`. */
    choice?: string;
  }
}
