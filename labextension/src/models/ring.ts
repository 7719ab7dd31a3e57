/**
 * Rows of tasks in typed arrays: the newest `capacity` rows, and for each lane an index by time.
 *
 * One row costs eight writes and no object. A lane's index holds slots of the ring, sorted by when
 * the task stopped, so that the rows of a stretch of time are found by binary search.
 *
 *     slots:        0 1 2 3 4 5 …          one array a column, overwritten in turn
 *     lane "a":   head [3 5 9 … ] tail     slots of the lane's rows, oldest stop first
 *
 * Knows nothing of names, gaps or clocks: that is `taskStream.ts`.
 */

/** The numbers of one row. */
export interface IRow {
  start: number;
  stop: number;
  lane: number;
  group: number;
  run: number;
  kind: number;
  status: number;
  number: number;
}

/** The rows of one lane, oldest stop first. */
export class LaneIndex {
  /** Slots of the ring; the live ones are `slots[head..tail)`. */
  slots = new Int32Array(256);
  head = 0;
  tail = 0;
  /** No task of this lane has lasted longer. */
  longest = 0;

  get length(): number {
    return this.tail - this.head;
  }

  push(slot: number): void {
    if (this.tail === this.slots.length) {
      this._makeRoom();
    }
    this.slots[this.tail++] = slot;
  }

  /** Take out a slot that is about to be overwritten. It is nearly always the first. */
  remove(slot: number): void {
    const at = this.slots.subarray(this.head, this.tail).indexOf(slot);
    if (at > 0) {
      this.slots.copyWithin(this.head + 1, this.head, this.head + at);
    }
    if (at >= 0) {
      this.head += 1;
    }
  }

  private _makeRoom(): void {
    const live = this.slots.subarray(this.head, this.tail);
    if (live.length > this.slots.length / 2) {
      const larger = new Int32Array(this.slots.length * 2);
      larger.set(live);
      this.slots = larger;
    } else {
      this.slots.copyWithin(0, this.head, this.tail);
    }
    this.tail -= this.head;
    this.head = 0;
  }
}

export class TaskRing {
  constructor(capacity: number) {
    this.capacity = capacity;
    this.start = new Float64Array(capacity);
    this.stop = new Float64Array(capacity);
    this.lane = new Int32Array(capacity);
    this.group = new Int32Array(capacity);
    this.run = new Int32Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.status = new Uint8Array(capacity);
    this.number = new Int32Array(capacity);
  }

  readonly capacity: number;
  readonly start: Float64Array;
  readonly stop: Float64Array;
  readonly lane: Int32Array;
  readonly group: Int32Array;
  readonly run: Int32Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly number: Int32Array;
  /** By number of the lane. */
  readonly lanes: LaneIndex[] = [];

  /** Rows that are held. */
  get length(): number {
    return this._length;
  }

  /** Slot of the oldest row once rows have been overwritten; -1 before. */
  get oldest(): number {
    return this._length === this.capacity ? this._cursor : -1;
  }

  /** Write one row over the oldest. Call `settle` once after the last row of a batch. */
  push(row: Readonly<IRow>): void {
    const slot = this._cursor;
    if (this._length === this.capacity) {
      this.lanes[this.lane[slot]].remove(slot);
    } else {
      this._length += 1;
    }
    this._cursor = (slot + 1) % this.capacity;
    this.start[slot] = row.start;
    this.stop[slot] = row.stop;
    this.lane[slot] = row.lane;
    this.group[slot] = row.group;
    this.run[slot] = row.run;
    this.kind[slot] = row.kind;
    this.status[slot] = row.status;
    this.number[slot] = row.number;
    this._file(slot, row);
  }

  /** Put lanes in order whose rows came out of order. */
  settle(): void {
    for (const [lane, from] of this._disordered) {
      const index = this.lanes[lane];
      const at = Math.max(index.head, this._position(index, from));
      index.slots.subarray(at, index.tail).sort((a, b) => this.stop[a] - this.stop[b]);
    }
    this._disordered.clear();
  }

  clear(): void {
    this._cursor = 0;
    this._length = 0;
    this.lanes.length = 0;
    this._disordered.clear();
  }

  /**
   * Positions in the lane's `slots` between which every row lies that touches `[from, to]`.
   *
   * Rows between them may still lie outside: look at `start` and `stop`.
   */
  range(lane: number, from: number, to: number): [number, number] {
    const index = this.lanes[lane];
    return [this.firstStopFrom(index, from), this.firstStopFrom(index, to + index.longest, true)];
  }

  /** First position whose row stops at `time` or later (`after`: strictly later). */
  firstStopFrom(index: LaneIndex, time: number, after = false): number {
    let low = index.head;
    let high = index.tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const stop = this.stop[index.slots[middle]];
      if (stop < time || (after && stop === time)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private _file(slot: number, row: Readonly<IRow>): void {
    while (this.lanes.length <= row.lane) {
      this.lanes.push(new LaneIndex());
    }
    const index = this.lanes[row.lane];
    if (index.length > 0 && row.stop < this.stop[index.slots[index.tail - 1]]) {
      const from = this._disordered.get(row.lane) ?? Infinity;
      this._disordered.set(row.lane, Math.min(from, row.stop));
    }
    index.push(slot);
    index.longest = Math.max(index.longest, row.stop - row.start);
  }

  /** Where to sort from: everything before it stops earlier than `time`. Scans back, for short. */
  private _position(index: LaneIndex, time: number): number {
    let at = index.tail;
    for (let i = index.tail - 1; i >= index.head; i--) {
      if (this.stop[index.slots[i]] >= time) {
        at = i;
      }
    }
    return at;
  }

  private _cursor = 0;
  private _length = 0;
  /** Lane -> earliest stop that came late. */
  private _disordered = new Map<number, number>();
}
