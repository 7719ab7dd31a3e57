import { IRow, TaskRing } from '../src/models/ring';

const row = (extra: Partial<IRow>): IRow => ({
  start: 0,
  stop: 1,
  lane: 0,
  group: 0,
  run: 0,
  kind: 0,
  status: 0,
  number: 0,
  ...extra
});

/** Numbers of the rows of a lane, in the order of its index. */
function numbers(ring: TaskRing, lane: number): number[] {
  const { slots, head, tail } = ring.lanes[lane];
  return Array.from(slots.subarray(head, tail), slot => ring.number[slot]);
}

function found(ring: TaskRing, lane: number, from: number, to: number): number[] {
  const [begin, end] = ring.range(lane, from, to);
  return Array.from(ring.lanes[lane].slots.subarray(begin, end), slot => ring.number[slot]);
}

test('the newest rows are kept and the oldest leave their lane', () => {
  const ring = new TaskRing(4);
  for (let i = 0; i < 10; i++) {
    ring.push(row({ start: i, stop: i + 1, lane: i % 2, number: i }));
  }
  ring.settle();

  expect(ring.length).toBe(4);
  expect(numbers(ring, 0)).toEqual([6, 8]);
  expect(numbers(ring, 1)).toEqual([7, 9]);
});

test('a lane that goes silent is emptied by the others', () => {
  const ring = new TaskRing(3);
  ring.push(row({ lane: 0 }));
  for (let i = 0; i < 3; i++) {
    ring.push(row({ lane: 1, start: i, stop: i + 1 }));
  }

  expect(ring.lanes[0].length).toBe(0);
  expect(ring.lanes[1].length).toBe(3);
});

test('rows that come out of order are put in order', () => {
  const ring = new TaskRing(100);
  for (const [number, stop] of [1, 2, 9, 4, 3, 10, 5].entries()) {
    ring.push(row({ start: stop - 1, stop, number }));
  }
  ring.settle();

  expect(numbers(ring, 0)).toEqual([0, 1, 4, 3, 6, 2, 5]);
});

test('a row that came late is still forgotten in its turn', () => {
  const ring = new TaskRing(3);
  for (const [number, stop] of [5, 1, 6].entries()) {
    ring.push(row({ start: stop - 1, stop, number }));
  }
  ring.settle();
  ring.push(row({ start: 6, stop: 7, number: 3 }));
  ring.settle();

  expect(numbers(ring, 0)).toEqual([1, 2, 3]);
});

test('a stretch of time finds the rows that touch it, the long ones too', () => {
  const ring = new TaskRing(100);
  for (let i = 0; i < 10; i++) {
    ring.push(row({ start: i, stop: i + 0.5, number: i }));
  }
  expect(found(ring, 0, 2.2, 4.1)).toEqual([2, 3, 4]);

  ring.push(row({ start: 1, stop: 20, number: 99 }));
  ring.settle();
  expect(found(ring, 0, 2.2, 4.1)).toContain(99);
});

test('indexes stay true while a ring goes round many times', () => {
  const ring = new TaskRing(1000);
  for (let i = 0; i < 25_000; i++) {
    ring.push(row({ start: i, stop: i + 1, lane: i % 7 === 0 ? 1 : 0, number: i }));
  }
  ring.settle();

  const all = [...numbers(ring, 0), ...numbers(ring, 1)].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 1000 }, (_, i) => 24_000 + i));
  expect(ring.lanes[0].slots.length).toBeLessThanOrEqual(4096);
});

test('clearing leaves nothing', () => {
  const ring = new TaskRing(4);
  ring.push(row({}));
  ring.clear();

  expect(ring.length).toBe(0);
  expect(ring.lanes).toEqual([]);
});
