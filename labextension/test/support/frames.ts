/** Frames of rows, as bytes and as columns. */

import { decodeTaskFrame, ITaskFrame } from '../../src/protocol/frame';

export interface IRowSpec {
  start: number;
  stop: number;
  lane?: string;
  group?: string;
  run?: string;
  kind?: number;
  status?: number;
  number?: number;
}

export interface IFrameSpec {
  first?: number;
  missed?: number;
  rows: readonly IRowSpec[];
}

/** The bytes of a frame, written by the contract and not by the code under test. */
export function encode({ first = 0, missed = 0, rows }: IFrameSpec): ArrayBuffer {
  const strings: string[] = [];
  const index = (text: string): number => {
    const found = strings.indexOf(text);
    return found >= 0 ? found : strings.push(text) - 1;
  };
  const integers: Record<string, number[]> = {
    lane: rows.map(row => index(row.lane ?? 'thread 1')),
    group: rows.map(row => index(row.group ?? 'load')),
    run: rows.map(row => index(row.run ?? 'r1')),
    kind: rows.map(row => row.kind ?? 0),
    status: rows.map(row => row.status ?? 0),
    number: rows.map((row, i) => row.number ?? i)
  };
  const columns = [
    { name: 'start', dtype: 'f8', values: rows.map(row => row.start) },
    { name: 'stop', dtype: 'f8', values: rows.map(row => row.stop) },
    ...Object.entries(integers).map(([name, values]) => ({ name, dtype: 'i4', values }))
  ];
  let size = 0;
  const places = columns.map(({ name, dtype, values }) => {
    const offset = size;
    size += Math.ceil((values.length * (dtype === 'f8' ? 8 : 4)) / 8) * 8;
    return { name, dtype, offset };
  });
  const header = { type: 'tasks', first, count: rows.length, missed, strings, columns: places };
  return assemble(header, size, (view, begin) => {
    columns.forEach(({ dtype, values }, i) => {
      values.forEach((value, row) => {
        const at = begin + places[i].offset;
        if (dtype === 'f8') {
          view.setFloat64(at + 8 * row, value, true);
        } else {
          view.setInt32(at + 4 * row, value, true);
        }
      });
    });
  });
}

/** A frame of any header, however wrong. */
export function assemble(
  header: object,
  size: number,
  fill: (view: DataView, begin: number) => void = () => undefined
): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const begin = Math.ceil((4 + text.length) / 8) * 8;
  const buffer = new ArrayBuffer(begin + size);
  const bytes = new Uint8Array(buffer);
  bytes.fill(0x20, 4, begin);
  bytes.set(text, 4);
  const view = new DataView(buffer);
  view.setUint32(0, begin - 4, true);
  fill(view, begin);
  return buffer;
}

export function frame(spec: IFrameSpec): ITaskFrame {
  const decoded = decodeTaskFrame(encode(spec));
  if (!decoded) {
    throw new Error('not a frame of tasks');
  }
  return decoded;
}
