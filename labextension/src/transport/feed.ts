/**
 * The feed of one cluster: subscribes, resumes where it stopped, and says how it stands.
 *
 * Rows are numbered by the cluster. After a break the feed asks for the rows after the last one it
 * got; when the cluster's `instance` has changed the numbers began anew, and so does the feed, after
 * it has told its listeners (`restarted`).
 */

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ProtocolError } from '../protocol/check';
import { FeedMessage, decodeFeedMessage } from '../protocol/decode';
import { ITaskFrame, decodeTaskFrame } from '../protocol/frame';
import type { Lanes, Runs, Subscribe, Topic, Welcome, Workers } from '../protocol/messages';
import { Phase, ReconnectingSocket } from './socket';

/** The relay closes with this code when it knows no cluster of that name. */
export const UNKNOWN_CLUSTER = 4404;

/**
 * How a feed stands.
 *
 * - `connecting`: for the first time; `reconnecting`: again.
 * - `live`: messages flow. `lost`: the server answers, but its way to the cluster is broken.
 * - `unknown`: there is no such cluster. `paused`: the page is hidden. `closed`: disposed.
 */
export type FeedState =
  'connecting' | 'live' | 'reconnecting' | 'lost' | 'unknown' | 'paused' | 'closed';

export class Feed implements IDisposable {
  constructor(options: Feed.IOptions) {
    this._maxHz = options.maxHz;
    this._socket = new ReconnectingSocket(options);
    this._socket.phaseChanged.connect(this._onPhase, this);
    this._socket.received.connect(this._onReceived, this);
    this._socket.closed.connect(this._onClosed, this);
  }

  get stateChanged(): ISignal<this, FeedState> {
    return this._stateChanged;
  }

  /** Emitted at each welcome, after `restarted`. */
  get welcomed(): ISignal<this, Welcome> {
    return this._welcomed;
  }

  /** Emitted when the cluster is another process than before: all earlier numbers are void. */
  get restarted(): ISignal<this, void> {
    return this._restarted;
  }

  get runs(): ISignal<this, Runs> {
    return this._runs;
  }

  get lanes(): ISignal<this, Lanes> {
    return this._lanes;
  }

  get workers(): ISignal<this, Workers> {
    return this._workers;
  }

  get tasks(): ISignal<this, ITaskFrame> {
    return this._tasks;
  }

  /** Emitted when something arrived that can't be read; it was dropped. */
  get faulted(): ISignal<this, ProtocolError> {
    return this._faulted;
  }

  get state(): FeedState {
    return this._state;
  }

  /** Why the cluster is lost, in the server's words. */
  get reason(): string {
    return this._reason;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  start(): void {
    this._socket.start();
  }

  /** Try again after `unknown`: the cluster has been seen. */
  retry(): void {
    if (this._state === 'unknown') {
      this._socket.start();
    }
  }

  /** Replace what is asked for. */
  subscribe(topics: readonly Topic[]): void {
    this._topics = [...topics];
    this._sendSubscription();
  }

  /** Most frames a second that the cluster may send. */
  set maxHz(value: number) {
    if (value !== this._maxHz) {
      this._maxHz = value;
      this._sendSubscription();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._socket.dispose();
    this._setState('closed');
    Signal.clearData(this);
  }

  private _onPhase(_: ReconnectingSocket, phase: Phase): void {
    if (phase === 'open') {
      return; // the welcome makes it live
    }
    this._isWelcome = false;
    if (phase === 'connecting' || phase === 'waiting') {
      this._setState(this._instance ? 'reconnecting' : 'connecting');
    } else if (phase === 'paused') {
      this._setState('paused');
    }
  }

  private _onClosed(_: ReconnectingSocket, code: number): void {
    if (code === UNKNOWN_CLUSTER) {
      this._socket.stop();
      this._setState('unknown');
    }
  }

  private _onReceived(_: ReconnectingSocket, data: string | ArrayBuffer): void {
    try {
      if (typeof data === 'string') {
        this._onMessage(decodeFeedMessage(data));
      } else {
        const frame = decodeTaskFrame(data);
        // Rows that come before the welcome belong to nobody knows which instance.
        if (frame && this._isWelcome) {
          this._next = frame.first + frame.count;
          this._tasks.emit(frame);
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this._faulted.emit(error);
    }
  }

  private _onMessage(message: FeedMessage | null): void {
    switch (message?.type) {
      case 'welcome':
        this._onWelcome(message);
        break;
      case 'lost':
        this._reason = message.reason;
        this._isWelcome = false;
        this._setState('lost');
        break;
      case 'runs':
        this._runs.emit(message);
        break;
      case 'workers':
        this._workers.emit(message);
        break;
      case 'lanes':
        this._lanes.emit(message);
        break;
    }
  }

  private _onWelcome(message: Welcome): void {
    const instance = message.source.instance;
    this._socket.settle();
    this._isWelcome = true;
    if (instance !== this._instance) {
      const isFirst = this._instance === '';
      this._instance = instance;
      this._next = 0;
      if (!isFirst) {
        this._restarted.emit();
      }
    }
    this._sendSubscription();
    this._setState('live');
    this._welcomed.emit(message);
  }

  private _sendSubscription(): void {
    if (!this._isWelcome) {
      return;
    }
    const message: Subscribe = {
      type: 'subscribe',
      topics: this._topics,
      since: { tasks: this._next },
      max_hz: this._maxHz
    };
    this._socket.send(JSON.stringify(message));
  }

  private _setState(state: FeedState): void {
    if (state !== this._state) {
      this._state = state;
      this._stateChanged.emit(state);
    }
  }

  private _socket: ReconnectingSocket;
  private _topics: Topic[] = [];
  private _maxHz: number;
  private _instance = '';
  private _isWelcome = false;
  private _next = 0;
  private _reason = '';
  private _state: FeedState = 'connecting';
  private _isDisposed = false;
  private _stateChanged = new Signal<this, FeedState>(this);
  private _welcomed = new Signal<this, Welcome>(this);
  private _restarted = new Signal<this, void>(this);
  private _runs = new Signal<this, Runs>(this);
  private _workers = new Signal<this, Workers>(this);
  private _lanes = new Signal<this, Lanes>(this);
  private _tasks = new Signal<this, ITaskFrame>(this);
  private _faulted = new Signal<this, ProtocolError>(this);
}

export namespace Feed {
  export interface IOptions extends ReconnectingSocket.IOptions {
    /** Most frames a second. */
    maxHz: number;
  }
}
