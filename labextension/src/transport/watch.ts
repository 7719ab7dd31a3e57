/** The list of clusters, pushed by the server whenever it changes. */

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ProtocolError } from '../protocol/check';
import { decodeWatchMessage } from '../protocol/decode';
import type { Cluster } from '../protocol/messages';
import { Phase, ReconnectingSocket } from './socket';

export class ClusterWatch implements IDisposable {
  constructor(options: ReconnectingSocket.IOptions) {
    this._socket = new ReconnectingSocket(options);
    this._socket.received.connect(this._onReceived, this);
    this._socket.phaseChanged.connect(this._onPhase, this);
  }

  /** Emitted with the whole list. */
  get changed(): ISignal<this, readonly Cluster[]> {
    return this._changed;
  }

  /** Emitted when the server has become silent. */
  get interrupted(): ISignal<this, void> {
    return this._interrupted;
  }

  get isDisposed(): boolean {
    return this._socket.isDisposed;
  }

  start(): void {
    this._socket.start();
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._socket.dispose();
    Signal.clearData(this);
  }

  private _onReceived(_: ReconnectingSocket, data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      return;
    }
    try {
      const message = decodeWatchMessage(data);
      if (message) {
        this._socket.settle();
        this._changed.emit(message.clusters);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      // What can't be read is no list: the last good one stands until the next.
    }
  }

  private _onPhase(_: ReconnectingSocket, phase: Phase): void {
    if (phase === 'waiting') {
      this._interrupted.emit();
    }
  }

  private _socket: ReconnectingSocket;
  private _changed = new Signal<this, readonly Cluster[]>(this);
  private _interrupted = new Signal<this, void>(this);
}
