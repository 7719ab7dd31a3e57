import { TaskStreamModel } from '../src/models/taskStream';
import { clock, count, duration, shorten } from '../src/painters/format';
import { IRunView, groupText, remaining, sentence } from '../src/painters/runText';
import { RunBars } from '../src/painters/runBars';
import { laneAt, layoutStream, timeToX, xToTime } from '../src/painters/streamLayout';
import { IStreamView, paintTaskStream } from '../src/painters/taskStream';
import { IStreamTheme, textOn } from '../src/painters/theme';
import { tickStep, ticks } from '../src/painters/ticks';
import { RecordingCanvas } from './support/canvas';
import { IRowSpec, frame } from './support/frames';
import { trans } from './support/text';

const THEME: IStreamTheme = {
  background: '#ffffff',
  band: '#f0f0f0',
  grid: '#cccccc',
  text: '#000000',
  muted: '#555555',
  failed: '#ff0000',
  gap: '#888888',
  focus: '#0000ff',
  categories: ['#c0', '#c1', '#c2'],
  kinds: ['#k0', '#k1', '#k2', '#k3'],
  font: '11px sans-serif'
};
const VIEW: IStreamView = {
  width: 300,
  height: 100,
  from: 0,
  to: 10,
  origin: 0,
  now: 10,
  highlighted: -1
};

function modelOf(rows: readonly IRowSpec[]): TaskStreamModel {
  const model = new TaskStreamModel();
  model.append(frame({ rows }));
  return model;
}

function paint(
  model: TaskStreamModel,
  view: Partial<IStreamView> = {}
): { canvas: RecordingCanvas; x: (time: number) => number; y: (lane: number) => number } {
  const whole = { ...VIEW, ...view };
  const canvas = new RecordingCanvas(whole.width, whole.height);
  const { layout } = paintTaskStream(canvas, model, whole, THEME);
  return {
    canvas,
    x: time => timeToX(layout, whole, time),
    y: lane => layout.top + (lane + 0.5) * layout.pitch
  };
}

describe('#paintTaskStream()', () => {
  test('a task is a rectangle of its group, on its lane, as long as it lasted', () => {
    const { canvas, x, y } = paint(
      modelOf([
        { start: 1, stop: 4, lane: 'thread 1', group: 'load' },
        { start: 5, stop: 9, lane: 'thread 2', group: 'sum' }
      ])
    );

    expect(canvas.at(x(2), y(0))).toBe('#c0');
    expect(canvas.at(x(7), y(1))).toBe('#c1');
    expect(canvas.at(x(7), y(0))).not.toBe('#c1');
    expect(canvas.at(x(4.5), y(0))).not.toBe('#c0');
    const wide = canvas.countIn(Math.floor(y(0)), '#c0');
    expect(Math.abs(wide - (x(4) - x(1)))).toBeLessThan(2);
    expect(canvas.texts).toEqual(expect.arrayContaining(['thread 1', 'thread 2', 'load']));
  });

  test('lanes below one that bears names have their own colours too', () => {
    const rows = [1, 2, 3].map(i => ({ start: 1, stop: 9, lane: `thread ${i}`, group: 'load' }));
    const { canvas, x, y } = paint(modelOf(rows));

    expect(canvas.texts.filter(text => text === 'load').length).toBe(3);
    expect([0, 1, 2].map(lane => canvas.at(x(5), y(lane)))).toEqual(['#c0', '#c0', '#c0']);
  });

  test('colours go round, and a kind of work that is not compute has its own', () => {
    const { canvas, x, y } = paint(
      modelOf([
        ...['a', 'b', 'c'].map((group, i) => ({ start: i, stop: i + 0.5, group })),
        { start: 3, stop: 4, group: 'd' },
        { start: 5, stop: 6, group: 'd', kind: 1 }
      ])
    );

    expect(canvas.at(x(3.5), y(0))).toBe('#c0');
    expect(canvas.at(x(5.5), y(0))).toBe('#k1');
  });

  test('a hundred thousand tasks cost no more rectangles than there are pixels', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      start: i * 5e-4,
      stop: i * 5e-4 + 4e-4,
      group: `g${i % 3}`
    }));
    const model = new TaskStreamModel();
    for (let part = 0; part < 5; part++) {
      const lane = `thread ${part}`;
      model.append(frame({ first: part * 20_000, rows: rows.map(row => ({ ...row, lane })) }));
    }
    const { canvas } = paint(model);

    expect(model.rows.length).toBe(100_000);
    expect(canvas.rectangles).toBeLessThan(5 * VIEW.width + 50);
  });

  test('where tasks fill a pixel column by half it is fainter than where they fill it', () => {
    const half = Array.from({ length: 5000 }, (_, i) => ({
      start: i * 1e-3,
      stop: i * 1e-3 + 5e-4
    }));
    const full = Array.from({ length: 5000 }, (_, i) => ({
      start: 5 + i * 1e-3,
      stop: 5 + (i + 1) * 1e-3
    }));
    const { canvas, x, y } = paint(modelOf([...half, ...full]));

    expect(canvas.at(x(2.5), y(0))).toBe('#c0/0.6');
    expect(canvas.at(x(7.5), y(0))).toMatch(/^#c0(\/0\.8)?$/);
  });

  test('a pixel column takes the colour of the task that filled most of it', () => {
    const { canvas, x, y } = paint(
      modelOf([
        { start: 5, stop: 5.001, group: 'little' },
        { start: 5.001, stop: 5.02, group: 'most' },
        { start: 5.02, stop: 5.021, group: 'little' }
      ])
    );

    expect(canvas.at(x(5), y(0))).toMatch(/^#c1/);
  });

  test('a failed task is seen among ten thousand good ones', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      start: i * 1e-3,
      stop: i * 1e-3 + 9e-4,
      status: i === 5000 ? 1 : 0
    }));
    const { canvas, x, y } = paint(modelOf(rows));

    expect(canvas.countIn(Math.floor(y(0)), THEME.failed)).toBeGreaterThan(0);
    expect([canvas.at(x(5), y(0)), canvas.at(x(5) + 1, y(0))]).toContain(THEME.failed);
  });

  test('a failed task with room for it is crossed as well as coloured', () => {
    const { canvas } = paint(modelOf([{ start: 1, stop: 4, status: 1 }]));
    expect(canvas.lines).toBe(2);
  });

  test('tasks outside the window are not painted', () => {
    const { canvas, y } = paint(
      modelOf([
        { start: 1, stop: 2 },
        { start: 100, stop: 200 }
      ]),
      { from: 20, to: 30 }
    );
    expect(canvas.countIn(Math.floor(y(0)), '#c0')).toBe(0);
  });

  test('a task longer than the window fills it', () => {
    const { canvas, x, y } = paint(modelOf([{ start: -100, stop: 100 }]));
    expect(canvas.at(x(0) + 1, y(0))).toBe('#c0');
    expect(canvas.at(x(10) - 2, y(0))).toBe('#c0');
  });

  test('a task that runs reaches from its start to now, paler', () => {
    const model = new TaskStreamModel();
    model.setLanes([{ lane: 0, name: 'thread 1', busy: { group: 'load', start: 4, run: 'r' } }]);
    const { canvas, x, y } = paint(model, { now: 8 });

    expect(canvas.at(x(6), y(0))).toBe('#c0/0.4');
    expect(canvas.at(x(9), y(0))).not.toMatch(/#c0/);
  });

  test('a gap is a marked stretch with the number of its tasks', () => {
    const model = modelOf([{ start: 0, stop: 1 }]);
    model.append(frame({ first: 1235, missed: 1234, rows: [{ start: 8, stop: 9 }] }));
    const { canvas, x, y } = paint(model);

    expect(canvas.at(x(4), y(0))).toBe('#888888/0.18');
    expect(canvas.texts).toContain('−1,234');
  });

  test('the row under the pointer is outlined', () => {
    const { canvas, x } = paint(modelOf([{ start: 2, stop: 4 }]), { highlighted: 0 });
    expect(canvas.outlines.some(([left]) => Math.abs(left - x(2)) < 2)).toBe(true);
  });

  test('an empty model and a canvas without room are painted without a fault', () => {
    expect(() => paint(new TaskStreamModel())).not.toThrow();
    expect(() => paint(modelOf([{ start: 0, stop: 1 }]), { width: 1, height: 1 })).not.toThrow();
  });
});

describe('layout', () => {
  test('time and place are each other’s inverse', () => {
    const layout = layoutStream(500, 200, 3, 60);
    const window = { from: 100, to: 110 };
    expect(xToTime(layout, window, timeToX(layout, window, 103.3))).toBeCloseTo(103.3, 9);
  });

  test('a lane is found at its height, and nothing beside the lanes', () => {
    const layout = layoutStream(500, 200, 3, 60);
    expect(laneAt(layout, layout.top + 1.5 * layout.pitch)).toBe(1);
    expect(laneAt(layout, layout.bottom + 1)).toBe(-1);
    expect(laneAt(layout, 0)).toBe(-1);
  });

  test('many lanes still fit', () => {
    const layout = layoutStream(500, 200, 64, 60);
    expect(layout.bottom).toBeLessThanOrEqual(200);
    expect(layout.pitch).toBeGreaterThanOrEqual(2);
  });
});

describe('#ticks()', () => {
  test.each([
    [10, 5, 2],
    [1, 5, 0.2],
    [0.003, 4, 0.001],
    [100, 8, 15],
    [4000, 8, 600]
  ])('%d seconds with %d marks go by %d', (span, most, step) => {
    expect(tickStep(span, most)).toBeCloseTo(step, 12);
  });

  test.each([
    [0, 2, 4, ['0', '500 ms', '1.0 s', '1.5 s', '2.0 s']],
    [0, 4e-5, 4, ['0', '10 µs', '20 µs', '30 µs', '40 µs']],
    [-2, 2, 4, ['−2 s', '−1 s', '0', '1 s', '2 s']],
    [60, 120, 4, ['1:00', '1:15', '1:30', '1:45', '2:00']],
    [3600, 7200, 4, ['1:00:00', '1:15:00', '1:30:00', '1:45:00', '2:00:00']]
  ])('from %d to %d', (from, to, most, labels) => {
    expect(ticks(from, to, 0, most).map(tick => tick.label)).toEqual(labels);
  });

  test('a window without length has none', () => {
    expect(ticks(1, 1, 0, 5)).toEqual([]);
  });
});

describe('numbers', () => {
  test('durations are those of the Python side', () => {
    expect([0, 4e-6, 0.0123, 0.999, 9.996, 59.96, 3725].map(duration)).toEqual([
      '0 s',
      '4 µs',
      '12 ms',
      '1.00 s',
      '10.0 s',
      '1 min 00 s',
      '1 h 02 min'
    ]);
  });

  test('clocks, counts and names', () => {
    expect([clock(3.9), clock(3723)]).toEqual(['0:03', '1:02:03']);
    expect(count(1234567)).toBe('1,234,567');
    expect(shorten('read_monthly_flights', 12)).toBe('read_m…ights');
  });

  test('text is dark on light and light on dark', () => {
    expect(textOn('#eedd88')).toBe('#14171a');
    expect(textOn('#0072b2')).toBe('#ffffff');
  });
});

const RUN: IRunView = {
  label: 'cell 1',
  state: 'running',
  engine: 'threads',
  nlanes: 2,
  elapsed: 3.4,
  groups: [
    { name: 'load', total: 8, done: 5, failed: 1, running: 2, seconds: 6 },
    { name: 'sum', total: 1, done: 0, failed: 0, running: 0, seconds: 0 }
  ]
};

describe('a run in words', () => {
  test('while it runs', () => {
    expect(sentence(RUN, trans)).toBe('9 tasks · 5 done · 2 threads · 0:03');
    expect(groupText(RUN.groups[0], trans)).toBe('5/8 · 2 running · 1 failed · 6.00 s');
  });

  test('the time that is left is told once every group speaks', () => {
    expect(remaining(RUN)).toBeNaN();
    const groups = [{ ...RUN.groups[0], total: 18, failed: 0, done: 6 }];
    expect(remaining({ ...RUN, groups })).toBe(6);
    expect(sentence({ ...RUN, groups }, trans)).toContain('0:03 (≈0:06 left)');
  });

  test('when it has ended, in the words of the kernel if there are any', () => {
    const ended = { ...RUN, state: 'finished' as const };
    expect(sentence(ended, trans)).toBe('9 tasks in 3.40 s on 2 threads');
    expect(sentence({ ...ended, summary: 'all done' }, trans)).toBe('all done');
    expect(sentence({ ...RUN, state: 'failed' }, trans)).toMatch(/^failed: /);
    expect(sentence({ ...RUN, state: 'lost' }, trans)).toBe(
      'run ended without a result (kernel lost)'
    );
  });
});

describe('RunBars', () => {
  const width = (bars: RunBars, part: string): string =>
    bars.node.querySelector<HTMLElement>(`.jp-TreadleGroupBar-${part}`)?.style.width ?? '';

  test('bars have the shares of the numbers, which are also written', () => {
    const bars = new RunBars({ trans });
    bars.update(RUN);
    expect([width(bars, 'done'), width(bars, 'failed'), width(bars, 'running')]).toEqual([
      '62.50%',
      '12.50%',
      '25.00%'
    ]);
    const track = bars.node.querySelector('[role=progressbar]');
    expect(track?.getAttribute('aria-valuenow')).toBe('6');
    expect(bars.node.textContent).toContain('5/8');
  });

  test('nodes stay while numbers change', () => {
    const bars = new RunBars({ trans });
    bars.update(RUN);
    const node = bars.node.querySelector('.jp-TreadleGroupBar');
    bars.node.open = false;
    bars.update({ ...RUN, elapsed: 9, groups: [{ ...RUN.groups[0], done: 6 }] });

    expect(bars.node.querySelector('.jp-TreadleGroupBar')).toBe(node);
    expect(bars.node.querySelectorAll('.jp-TreadleGroupBar').length).toBe(1);
    expect(bars.node.open).toBe(false);
  });

  test('names are text, whatever they hold', () => {
    const bars = new RunBars({ trans, showLabel: true });
    const name = '<img src=x onerror=alert(1)>';
    bars.update({ ...RUN, label: name, groups: [{ ...RUN.groups[0], name }], notes: [name] });
    expect(bars.node.querySelector('img')).toBeNull();
    expect(bars.node.textContent).toContain(name);
  });

  test('beyond eight groups the rest is counted', () => {
    const groups = Array.from({ length: 11 }, (_, i) => ({ ...RUN.groups[0], name: `g${i}` }));
    const bars = new RunBars({ trans });
    bars.update({ ...RUN, groups });
    expect(bars.node.querySelectorAll('.jp-TreadleGroupBar').length).toBe(8);
    expect(bars.node.textContent).toContain('3 more groups');
  });
});
