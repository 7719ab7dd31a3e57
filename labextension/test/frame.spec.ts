import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';

import { ProtocolError } from '../src/protocol/check';
import { decodeClusters, decodeFeedMessage, decodeWatchMessage } from '../src/protocol/decode';
import { decodeTaskFrame } from '../src/protocol/frame';
import { assemble, encode } from './support/frames';

const GOLDEN = join(__dirname, '..', '..', 'tests', 'golden', 'feed');
const goldenText = (name: string): string => readFileSync(join(GOLDEN, name), 'utf8');
const goldenBytes = (name: string): ArrayBuffer => {
  // A copy: Node hands out parts of a larger buffer.
  return Uint8Array.from(readFileSync(join(GOLDEN, name))).buffer;
};
const frames = readdirSync(GOLDEN)
  .filter(name => name.endsWith('.bin'))
  .map(name => name.replace(/\.bin$/, ''));

describe('golden frames', () => {
  test('there are some', () => {
    expect(frames.length).toBeGreaterThan(1);
  });

  test.each(frames)('%s is read as Python wrote it', name => {
    const expected = JSON.parse(goldenText(`${name}.expected.json`)) as Record<string, unknown>;
    const decoded = decodeTaskFrame(goldenBytes(`${name}.bin`));
    expect(decoded).not.toBeNull();
    const plain = Object.fromEntries(
      Object.entries(decoded ?? {}).map(([key, value]): [string, unknown] => [
        key,
        ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value
      ])
    );
    const { columns, ...header } = expected;
    expect(plain).toMatchObject({ ...header, ...(columns as object) });
  });

  test.each(frames)('%s lies on the bytes that arrived, without a copy', name => {
    const buffer = goldenBytes(`${name}.bin`);
    expect(decodeTaskFrame(buffer)?.start.buffer).toBe(buffer);
    expect(decodeTaskFrame(buffer)?.number.buffer).toBe(buffer);
  });
});

describe('golden messages', () => {
  test.each(['welcome', 'runs', 'runs-empty', 'lanes', 'workers', 'lost'])(
    '%s is read whole',
    name => {
      const message = JSON.parse(goldenText(`${name}.json`)) as object;
      expect(decodeFeedMessage(goldenText(`${name}.json`))).toEqual(message);
    }
  );

  test('the list of clusters is read whole', () => {
    const message = JSON.parse(goldenText('clusters.json')) as { clusters: unknown };
    expect(decodeWatchMessage(goldenText('clusters.json'))).toEqual(message);
    expect(decodeClusters(message.clusters)).toEqual(message.clusters);
  });
});

describe('#decodeFeedMessage()', () => {
  test('a type of a later version is skipped', () => {
    expect(decodeFeedMessage('{"type":"weather"}')).toBeNull();
    expect(decodeWatchMessage('{"type":"weather"}')).toBeNull();
  });

  test.each([
    ['{', 'JSON'],
    ['[]', 'an object'],
    ['{"type":"runs"}', 'a list'],
    ['{"type":"runs","runs":[{"run":1}]}', 'runs[0].run'],
    ['{"type":"lost"}', 'a string'],
    ['{"type":"lanes","lanes":[],"now":"late"}', 'a finite number'],
    ['{"type":"welcome","version":-1}', 'a whole number']
  ])('%s is refused, and the place is named', (data, expected) => {
    expect(() => decodeFeedMessage(data)).toThrow(ProtocolError);
    expect(() => decodeFeedMessage(data)).toThrow(expected);
  });
});

describe('#decodeTaskFrame()', () => {
  const good = {
    type: 'tasks',
    first: 0,
    count: 1,
    missed: 0,
    strings: ['a'],
    columns: [
      ...['start', 'stop'].map((name, i) => ({ name, dtype: 'f8', offset: 8 * i })),
      ...['lane', 'group', 'run', 'kind', 'status', 'number'].map((name, i) => ({
        name,
        dtype: 'i4',
        offset: 16 + 8 * i
      }))
    ]
  };
  const withColumn = (name: string, change: object): object => ({
    ...good,
    columns: good.columns.map(column => (column.name === name ? { ...column, ...change } : column))
  });

  test('a good frame passes', () => {
    expect(decodeTaskFrame(assemble(good, 64))?.count).toBe(1);
    expect(decodeTaskFrame(encode({ rows: [] }))?.count).toBe(0);
  });

  test('a frame of another type is skipped', () => {
    expect(decodeTaskFrame(assemble({ type: 'pictures' }, 0))).toBeNull();
  });

  test.each<[string, object, number]>([
    ['more rows than bytes', { ...good, count: 2 ** 40 }, 64],
    ['rows that would overflow', { ...good, count: Number.MAX_SAFE_INTEGER }, 64],
    ['a negative count', { ...good, count: -1 }, 64],
    ['a fraction of a row', { ...good, count: 0.5 }, 64],
    ['a frame cut short', good, 56],
    ['a column beyond the end', withColumn('stop', { offset: 2 ** 50 }), 64],
    ['a column off its alignment', withColumn('stop', { offset: 4 }), 64],
    ['a column before the first', withColumn('stop', { offset: -8 }), 64],
    ['a column of another dtype', withColumn('stop', { dtype: 'f4' }), 64],
    ['a column that lacks', { ...good, columns: good.columns.slice(1) }, 64],
    ['a string that lacks', { ...good, strings: [] }, 64],
    ['strings that are none', { ...good, strings: [1] }, 64],
    ['a sequence number that is none', { ...good, first: '0' }, 64]
  ])('%s is refused', (_, header, size) => {
    expect(() => decodeTaskFrame(assemble(header, size))).toThrow(ProtocolError);
  });

  test('a negative index is refused', () => {
    const buffer = assemble(good, 64, (view, begin) => view.setInt32(begin + 16, -1, true));
    expect(() => decodeTaskFrame(buffer)).toThrow('lane[0]');
  });

  test.each([
    ['nothing', 0, 0],
    ['less than a length', 3, 0],
    ['a header longer than the frame', 16, 4000],
    ['a header off its alignment', 16, 5],
    ['a header that is not JSON', 16, 12]
  ])('%s is refused', (_, size, length) => {
    const buffer = new ArrayBuffer(size);
    if (size >= 4) {
      new DataView(buffer).setUint32(0, length, true);
    }
    expect(() => decodeTaskFrame(buffer)).toThrow(ProtocolError);
  });
});
