/** A websocket and a page for tests: nothing happens unless a test says so. */

import type { ISocket } from '../../src/transport/socket';
import type { IVisibility } from '../../src/transport/visibility';

export class FakeSocket implements ISocket {
  binaryType: BinaryType = 'blob';
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  readonly sent: unknown[] = [];
  isClosed = false;

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.(new Event('open'));
  }

  receive(message: object | ArrayBuffer): void {
    const data = message instanceof ArrayBuffer ? message : JSON.stringify(message);
    this.onmessage?.(new MessageEvent('message', { data }));
  }

  /** The other side, or the way to it, ends the connection. */
  break(code = 1006): void {
    this.isClosed = true;
    // jsdom has no CloseEvent with a code of one's choice in every version.
    this.onclose?.(Object.assign(new Event('close'), { code }) as CloseEvent);
  }
}

/** Every socket that was opened, in order. */
export class Wire {
  readonly sockets: FakeSocket[] = [];

  readonly open = (): FakeSocket => {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  };

  get last(): FakeSocket {
    return this.sockets[this.sockets.length - 1];
  }
}

export class FakePage implements IVisibility {
  hidden = false;

  watch(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    this._listeners.forEach(listener => listener());
  }

  get watchers(): number {
    return this._listeners.size;
  }

  private _listeners = new Set<() => void>();
}

export function welcome(instance = 'one', now = 1000): object {
  return {
    type: 'welcome',
    version: 1,
    source: { name: 'kernel-1', kind: 'kernel', label: 'a.ipynb', pid: 7, instance },
    now
  };
}
