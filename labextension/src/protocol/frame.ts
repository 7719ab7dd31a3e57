/**
 * Reads the binary frame of task rows into typed arrays that lie on the frame itself: no copy.
 *
 *     u32 length | header: JSON, padded | column | column | …
 *                                       ^ offsets count from here; all multiples of 8 bytes
 *
 * Lengths, offsets and indices are checked before use, so a bad frame throws a `ProtocolError` and
 * can't reach beyond its own bytes.
 */

import { Fields, ProtocolError, count, fields, list, text } from './check';

/** Rows of ended tasks. All columns have `count` entries. */
export interface ITaskFrame {
  /** Sequence number of row 0. */
  readonly first: number;
  readonly count: number;
  /** Rows before `first` that are gone for good. */
  readonly missed: number;
  /** What `lane`, `group` and `run` index. */
  readonly strings: readonly string[];
  /** Epoch seconds. */
  readonly start: Float64Array;
  readonly stop: Float64Array;
  readonly lane: Int32Array;
  readonly group: Int32Array;
  readonly run: Int32Array;
  /** 0 compute, 1 transfer, 2 spill, 3 deserialize. */
  readonly kind: Int32Array;
  /** 0 ok, 1 failed. */
  readonly status: Int32Array;
  /** Number of the task in its table. */
  readonly number: Int32Array;
}

const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Read a binary frame; `null` if it holds something other than task rows. */
export function decodeTaskFrame(buffer: ArrayBuffer): ITaskFrame | null {
  if (buffer.byteLength < 8) {
    throw new ProtocolError('frame', 'at least 8 bytes');
  }
  const length = new DataView(buffer).getUint32(0, true);
  const begin = 4 + length;
  if (length > MAX_HEADER_BYTES || begin > buffer.byteLength || begin % 8 !== 0) {
    throw new ProtocolError('frame', 'a header that ends inside it, on 8 bytes');
  }
  const header = parseHeader(buffer, length);
  if (text(header.type, 'type') !== 'tasks') {
    return null;
  }
  const rows = count(header.count, 'count');
  const strings = list(header.strings, 'strings', text);
  const places = new Map<string, Fields>();
  for (const column of list(header.columns, 'columns', fields)) {
    places.set(text(column.name, 'columns.name'), column);
  }
  const float = (name: string): Float64Array => {
    const [offset, end] = extent(places, name, 'f8', 8, rows, buffer.byteLength - begin);
    return new Float64Array(buffer, begin + offset, (end - offset) / 8);
  };
  const integer = (name: string): Int32Array => {
    const [offset, end] = extent(places, name, 'i4', 4, rows, buffer.byteLength - begin);
    return new Int32Array(buffer, begin + offset, (end - offset) / 4);
  };
  const index = (name: string): Int32Array => within(integer(name), name, strings.length);
  return {
    first: count(header.first, 'first'),
    count: rows,
    missed: count(header.missed, 'missed'),
    strings,
    start: float('start'),
    stop: float('stop'),
    lane: index('lane'),
    group: index('group'),
    run: index('run'),
    kind: integer('kind'),
    status: integer('status'),
    number: integer('number')
  };
}

function parseHeader(buffer: ArrayBuffer, length: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(new Uint8Array(buffer, 4, length)));
  } catch {
    throw new ProtocolError('header', 'JSON');
  }
  return fields(value, 'header');
}

/** First byte of a column and the byte after its last, both inside the `available` bytes. */
function extent(
  places: ReadonlyMap<string, Fields>,
  name: string,
  dtype: string,
  size: number,
  rows: number,
  available: number
): [number, number] {
  const place = places.get(name);
  if (!place) {
    throw new ProtocolError('columns', `a column "${name}"`);
  }
  const offset = count(place.offset, `${name}.offset`);
  if (text(place.dtype, `${name}.dtype`) !== dtype || offset % 8 !== 0) {
    throw new ProtocolError(name, `${dtype} on a multiple of 8 bytes`);
  }
  const end = offset + rows * size;
  if (!(end <= available)) {
    throw new ProtocolError(name, `${rows} rows inside the frame`);
  }
  return [offset, end];
}

/** The column itself, once every entry is known to index `strings`. */
function within(column: Int32Array, name: string, length: number): Int32Array {
  for (let row = 0; row < column.length; row++) {
    // One comparison serves both ends: a negative number is huge when read without its sign.
    if (column[row] >>> 0 >= length) {
      throw new ProtocolError(`${name}[${row}]`, `an index below ${length}`);
    }
  }
  return column;
}
