/**
 * A websocket that comes back: backoff when it breaks, rest while the page is hidden.
 *
 *     connecting ──open──> open ──close──> waiting ──backoff──> connecting
 *          │                 │                │
 *          └── page hidden for a while ── paused ── page shown ──> connecting
 *     stop() from anywhere ──> stopped ── start() ──> connecting
 *
 * Knows nothing of what is sent: `feed.ts` and `watch.ts` do.
 */

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { IVisibility } from './visibility';

/** The part of a `WebSocket` that is used here. */
export interface ISocket {
  binaryType: BinaryType;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type Phase = 'connecting' | 'open' | 'waiting' | 'paused' | 'stopped';

/** First wait before a new attempt; doubles at each failure. Milliseconds. */
export const FIRST_DELAY = 500;
/** Longest wait between two attempts. Milliseconds. */
export const LONGEST_DELAY = 15_000;
/** How long a page must stay hidden before its socket is closed. Milliseconds. */
export const HIDDEN_GRACE = 5_000;

export class ReconnectingSocket implements IDisposable {
  constructor(options: ReconnectingSocket.IOptions) {
    this._open = options.open;
    this._visibility = options.visibility;
    this._random = options.random ?? Math.random;
    this._unwatch = this._visibility.watch(() => this._onVisibility());
  }

  /** Emitted after the phase has changed. */
  get phaseChanged(): ISignal<this, Phase> {
    return this._phaseChanged;
  }

  /** Emitted for every message: text, or the bytes of a binary frame. */
  get received(): ISignal<this, string | ArrayBuffer> {
    return this._received;
  }

  /** Emitted with the close code when the other side, or the way to it, ended the connection. */
  get closed(): ISignal<this, number> {
    return this._closed;
  }

  get phase(): Phase {
    return this._phase;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  start(): void {
    if (this._phase === 'stopped' && !this._isDisposed) {
      this._failures = 0;
      this._visibility.hidden ? this._setPhase('paused') : this._connect();
    }
  }

  /** Close and stay closed until `start`. */
  stop(): void {
    this._drop();
    this._setPhase('stopped');
  }

  /** The connection serves its purpose: the next failure waits only shortly again. */
  settle(): void {
    this._failures = 0;
  }

  send(data: string): void {
    if (this._phase === 'open') {
      this._socket?.send(data);
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this.stop();
    this._isDisposed = true;
    this._unwatch();
    Signal.clearData(this);
  }

  private _connect(): void {
    this._drop();
    this._setPhase('connecting');
    let socket: ISocket;
    try {
      socket = this._open();
    } catch {
      this._wait();
      return;
    }
    this._socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this._setPhase('open');
    socket.onmessage = event => {
      if (typeof event.data === 'string' || event.data instanceof ArrayBuffer) {
        this._received.emit(event.data);
      }
    };
    socket.onclose = event => {
      this._forget();
      this._wait();
      // Last, so that a listener may stop us for good.
      this._closed.emit(event.code);
    };
  }

  private _wait(): void {
    const delay = Math.min(FIRST_DELAY * 2 ** this._failures, LONGEST_DELAY);
    this._failures += 1;
    this._setPhase('waiting');
    // Spread over the half above: a server that restarts isn't met by all browsers at once.
    this._timer = setTimeout(() => this._connect(), delay * (1 + this._random() / 2));
  }

  private _onVisibility(): void {
    if (this._phase === 'stopped') {
      return;
    }
    clearTimeout(this._graceTimer);
    if (this._visibility.hidden) {
      this._graceTimer = setTimeout(() => {
        this._drop();
        this._setPhase('paused');
      }, HIDDEN_GRACE);
    } else if (this._phase === 'paused' || this._phase === 'waiting') {
      this._failures = 0;
      this._connect();
    }
  }

  private _drop(): void {
    clearTimeout(this._timer);
    clearTimeout(this._graceTimer);
    const socket = this._socket;
    this._forget();
    socket?.close();
  }

  private _forget(): void {
    if (this._socket) {
      this._socket.onopen = this._socket.onmessage = this._socket.onclose = null;
      this._socket = null;
    }
  }

  private _setPhase(phase: Phase): void {
    if (phase !== this._phase) {
      this._phase = phase;
      this._phaseChanged.emit(phase);
    }
  }

  private _open: () => ISocket;
  private _visibility: IVisibility;
  private _random: () => number;
  private _unwatch: () => void;
  private _socket: ISocket | null = null;
  private _phase: Phase = 'stopped';
  private _failures = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _graceTimer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  private _phaseChanged = new Signal<this, Phase>(this);
  private _received = new Signal<this, string | ArrayBuffer>(this);
  private _closed = new Signal<this, number>(this);
}

export namespace ReconnectingSocket {
  export interface IOptions {
    /** Begin a connection; may throw. */
    open: () => ISocket;
    visibility: IVisibility;
    /** A number from 0 to 1. */
    random?: () => number;
  }
}
