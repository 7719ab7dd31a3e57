import { TaskStreamModel } from '../src/models/taskStream';
import { frame } from './support/frames';

test('rows, lanes and groups come from frames, and listeners are told once a frame', () => {
  const model = new TaskStreamModel();
  let changes = 0;
  model.changed.connect(() => (changes += 1));
  model.append(
    frame({
      rows: [
        { start: 10, stop: 11, lane: 'thread 10', group: 'load' },
        { start: 10, stop: 12, lane: 'thread 2', group: 'sum' },
        { start: 11, stop: 13, lane: 'thread 10', group: 'sum' }
      ]
    })
  );

  expect(changes).toBe(1);
  expect(model.rows.length).toBe(3);
  expect(model.groups.all).toEqual(['load', 'sum']);
  expect(model.laneOrder.map(lane => model.lanes.all[lane])).toEqual(['thread 2', 'thread 10']);
  expect([model.firstStart, model.lastStop]).toEqual([10, 13]);
});

test('rows that come twice after a resumed subscription count once', () => {
  const model = new TaskStreamModel();
  const rows = [0, 1, 2, 3].map(i => ({ start: i, stop: i + 1, number: i }));
  model.append(frame({ first: 0, rows: rows.slice(0, 3) }));
  model.append(frame({ first: 1, rows: rows.slice(1) }));
  model.append(frame({ first: 0, rows }));

  expect(model.rows.length).toBe(4);
  expect(Array.from(model.rows.number.subarray(0, 4))).toEqual([0, 1, 2, 3]);
  expect(model.missed).toBe(0);
});

test('a jump in the numbers is a gap between the rows around it', () => {
  const model = new TaskStreamModel();
  model.append(frame({ first: 0, rows: [{ start: 1, stop: 2 }] }));
  model.append(frame({ first: 501, missed: 500, rows: [{ start: 7, stop: 8 }] }));

  expect(model.gaps).toEqual([{ from: 2, to: 7, missed: 500 }]);
  expect(model.missed).toBe(500);
});

test('a jump that nobody announced is a gap all the same', () => {
  const model = new TaskStreamModel();
  model.append(frame({ first: 0, rows: [{ start: 1, stop: 2 }] }));
  model.append(frame({ first: 11, rows: [{ start: 7, stop: 8 }] }));

  expect(model.missed).toBe(10);
});

test('a new instance starts with nothing, and its numbers with 0', () => {
  const model = new TaskStreamModel();
  model.append(frame({ first: 0, rows: [{ start: 1, stop: 2, group: 'old' }] }));
  model.clear();
  model.append(frame({ first: 0, rows: [{ start: 5, stop: 6 }] }));

  expect(model.rows.length).toBe(1);
  expect(model.missed).toBe(0);
  expect([model.firstStart, model.lastStop]).toEqual([5, 6]);
});

test('a row that is no span of time is left out', () => {
  const model = new TaskStreamModel();
  model.append(
    frame({
      rows: [
        { start: 2, stop: 1 },
        { start: NaN, stop: 1 },
        { start: 1, stop: Infinity },
        { start: 1, stop: 2 }
      ]
    })
  );

  expect(model.rows.length).toBe(1);
  expect(model.lastStop).toBe(2);
});

test('tasks that run are known by lane, and end when the source is gone', () => {
  const model = new TaskStreamModel();
  model.setLanes([
    { lane: 0, name: 'thread 1', busy: { group: 'load', start: 5, run: 'r' } },
    { lane: 1, name: 'thread 2', busy: null }
  ]);
  expect(model.running).toEqual([{ lane: 0, group: 0, start: 5 }]);
  expect(model.isEmpty).toBe(false);

  model.stopRunning();
  expect(model.running).toEqual([]);
});

test('the row at a place is found, and near it the nearest', () => {
  const model = new TaskStreamModel();
  model.append(
    frame({
      rows: [
        { start: 1, stop: 2 },
        { start: 4, stop: 5 }
      ]
    })
  );

  expect(model.find(0, 1.5, 0)).toBe(0);
  expect(model.find(0, 4, 0)).toBe(1);
  expect(model.find(0, 3, 0.5)).toBe(-1);
  expect(model.find(0, 3.4, 2)).toBe(1);
  expect(model.find(7, 1, 1)).toBe(-1);
});

test('a summary counts what touches the stretch, by group', () => {
  const model = new TaskStreamModel();
  model.append(
    frame({
      rows: [
        { start: 0, stop: 1, group: 'load' },
        { start: 1, stop: 3, group: 'load', status: 1 },
        { start: 3, stop: 4, group: 'sum', lane: 'thread 2' },
        { start: 9, stop: 10, group: 'sum' }
      ]
    })
  );

  expect(model.summarize(0.5, 5)).toEqual([
    { group: 0, tasks: 2, failed: 1, seconds: 3, longest: 2 },
    { group: 1, tasks: 1, failed: 0, seconds: 1, longest: 1 }
  ]);
});

test('a quarter of a million rows stay, and more push out the oldest', () => {
  const model = new TaskStreamModel();
  expect(model.rows.capacity).toBeGreaterThanOrEqual(200_000);
  for (let first = 0; first < 300_000; first += 20_000) {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      start: first + i,
      stop: first + i + 1
    }));
    model.append(frame({ first, rows }));
  }

  expect(model.rows.length).toBe(model.rows.capacity);
  expect(model.lastStop).toBe(300_000);
  expect(model.isCut).toBe(true);
  expect(model.firstStart).toBe(300_000 - model.rows.capacity);
  expect(model.find(0, 10, 0)).toBe(-1);
  expect(model.rows.start[model.find(0, 299_000.5, 0)]).toBe(299_000);
});
