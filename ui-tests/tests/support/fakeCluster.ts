/**
 * A cluster that exists in the test alone: it answers the sockets of the page.
 *
 * For what a real kernel can't be told to do on command: rows at a given rate, a loss, a gap. Writes
 * the frames by the contract of the feed, not with the code of the extension.
 */

import type { Page, WebSocketRoute } from '@playwright/test';

export interface IRow {
  start: number;
  stop: number;
  lane: string;
  group: string;
  status?: number;
}

export class FakeCluster {
  constructor(readonly name = 'kernel-fake0001') {}

  isListed = true;
  instance = 'first';
  label = 'flights.ipynb';
  state: 'running' | 'lost' = 'running';
  /** What else the server lists. */
  others: object[] = [];

  /** Answer for the server, before the page is loaded. */
  async install(page: Page): Promise<void> {
    await page.routeWebSocket(/treadle\/api\/clusters\/watch/, socket => {
      this._watchers.push(socket);
      this._tellWatchers();
    });
    await page.routeWebSocket(new RegExp(`treadle/api/clusters/${this.name}/feed`), socket => {
      this._feeds.push(socket);
      socket.onMessage(message => {
        this.subscriptions.push(JSON.parse(String(message)) as Record<string, unknown>);
        this._answer(socket);
      });
      this._welcome(socket);
    });
    await page.route(/treadle\/api\/clusters($|\?)/, route =>
      route.fulfill({ json: { clusters: this._list() } })
    );
  }

  readonly subscriptions: Record<string, unknown>[] = [];

  setListed(isListed: boolean): void {
    this.isListed = isListed;
    this._tellWatchers();
  }

  /** Send rows, and keep them for readers who come later. */
  sendRows(rows: readonly IRow[], missed = 0): void {
    this._next += missed;
    const bytes = encode(this._next, missed, rows);
    this._history.push(bytes);
    this._next += rows.length;
    this._send(bytes);
  }

  sendRuns(runs: readonly object[]): void {
    this._runs = JSON.stringify({ type: 'runs', runs });
    this._send(this._runs);
  }

  sendLanes(lanes: readonly object[]): void {
    this._send(JSON.stringify({ type: 'lanes', lanes, now: Date.now() / 1000 }));
  }

  lose(): void {
    this._send(JSON.stringify({ type: 'lost', reason: 'the kernel does not answer' }));
  }

  /** The way to the server breaks. */
  async breakSockets(): Promise<void> {
    const feeds = this._feeds;
    this._feeds = [];
    await Promise.all(feeds.map(socket => socket.close({ code: 1011 })));
  }

  /** Another process under the same name. */
  restart(): void {
    this.instance += '+';
    this._next = 0;
    this._history = [];
    this._runs = '';
    this._feeds.forEach(socket => this._welcome(socket));
  }

  private _welcome(socket: WebSocketRoute): void {
    const { name, label, instance } = this;
    const source = { name, kind: 'kernel', label, pid: 4711, instance };
    const now = Date.now() / 1000;
    socket.send(JSON.stringify({ type: 'welcome', version: 1, source, now }));
  }

  private _answer(socket: WebSocketRoute): void {
    this._history.forEach(bytes => socket.send(bytes));
    if (this._runs) {
      socket.send(this._runs);
    }
  }

  private _send(message: string | Buffer): void {
    this._feeds.forEach(socket => socket.send(message));
  }

  private _list(): object[] {
    const { name, label, state } = this;
    const entry = {
      name,
      kind: 'kernel',
      label,
      pid: 4711,
      started: 1_700_000_000,
      kernel_id: null,
      state,
      workers: null,
      threads: null,
      error: '',
      has_log: false
    };
    return this.isListed ? [entry, ...this.others.map(other => ({ ...entry, ...other }))] : [];
  }

  private _tellWatchers(): void {
    const message = JSON.stringify({
      type: 'clusters',
      clusters: this._list()
    });
    this._watchers.forEach(socket => socket.send(message));
  }

  private _watchers: WebSocketRoute[] = [];
  private _feeds: WebSocketRoute[] = [];
  private _history: Buffer[] = [];
  private _runs = '';
  private _next = 0;
}

function encode(first: number, missed: number, rows: readonly IRow[]): Buffer {
  const strings = [...new Set(rows.flatMap(row => [row.lane, row.group])), 'run'];
  const index = new Map(strings.map((text, i) => [text, i]));
  const n = rows.length;
  const wide = 8 * n;
  const narrow = Math.ceil((4 * n) / 8) * 8;
  const names = ['lane', 'group', 'run', 'kind', 'status', 'number'];
  const columns = [
    { name: 'start', dtype: 'f8', offset: 0 },
    { name: 'stop', dtype: 'f8', offset: wide },
    ...names.map((name, i) => ({
      name,
      dtype: 'i4',
      offset: 2 * wide + i * narrow
    }))
  ];
  const header = Buffer.from(
    JSON.stringify({
      type: 'tasks',
      first,
      count: n,
      missed,
      strings,
      columns
    })
  );
  const begin = Math.ceil((4 + header.length) / 8) * 8;
  const bytes = Buffer.alloc(begin + 2 * wide + names.length * narrow, 0);
  bytes.fill(0x20, 4, begin);
  bytes.writeUInt32LE(begin - 4, 0);
  header.copy(bytes, 4);
  rows.forEach((row, i) => {
    bytes.writeDoubleLE(row.start, begin + 8 * i);
    bytes.writeDoubleLE(row.stop, begin + wide + 8 * i);
    const values = [index.get(row.lane), index.get(row.group), index.get('run'), 0, row.status, i];
    values.forEach((value, column) =>
      bytes.writeInt32LE(value ?? 0, begin + 2 * wide + column * narrow + 4 * i)
    );
  });
  return bytes;
}

export function run(extra: object = {}): object {
  return {
    run: '00000000000000ab',
    label: 'cell 3',
    engine: 'threads',
    state: 'running',
    started: Date.now() / 1000 - 5,
    ended: null,
    elapsed: 5,
    nlanes: 4,
    busy_seconds: 10,
    cpu_seconds: 9,
    groups: [],
    ...extra
  };
}
