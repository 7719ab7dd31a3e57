import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { ACTIVE, Target } from '../src/models/target';
import { Pane } from '../src/panes/base';
import { ProgressPane } from '../src/panes/progress';
import { TaskStreamPane } from '../src/panes/taskStream';
import { encode } from './support/frames';
import { Bench, cluster, run } from './support/source';
import { trans } from './support/text';

/** Animation frames that come when the test says so. */
class Frames {
  constructor() {
    jest.spyOn(window, 'requestAnimationFrame').mockImplementation(callback => {
      this._waiting.set(++this._serial, callback);
      return this._serial;
    });
    jest.spyOn(window, 'cancelAnimationFrame').mockImplementation(id => {
      this._waiting.delete(id);
    });
  }

  get waiting(): number {
    return this._waiting.size;
  }

  run(): void {
    const callbacks = [...this._waiting.values()];
    this._waiting.clear();
    callbacks.forEach(callback => callback(0));
  }

  private _waiting = new Map<number, FrameRequestCallback>();
  private _serial = 0;
}

let frames: Frames;
let bench: Bench;

beforeEach(() => {
  frames = new Frames();
  bench = new Bench();
});

const KINDS: [string, (options: Pane.IOptions) => Pane][] = [
  ['ProgressPane', options => new ProgressPane(options)],
  ['TaskStreamPane', options => new TaskStreamPane({ ...options, clock: () => 0 })]
];

function options(choice = 'k'): Pane.IOptions {
  return { target: new Target({ clusters: bench.clusters, choice }), pool: bench.pool, trans };
}

function attach(pane: Pane): void {
  Widget.attach(pane, document.body);
  MessageLoop.flush();
}

function fill(): void {
  bench.connect();
  bench.wire.last.receive({ type: 'runs', runs: [run('a'), run('b', { label: 'cell 2' })] });
  bench.wire.last.receive(encode({ rows: [{ start: 1, stop: 2 }] }));
}

describe.each(KINDS)('%s', (_, make) => {
  test('a hundred changes make one paint', () => {
    const pane = make(options());
    attach(pane);
    fill();
    frames.run();
    const before = pane.paints;
    for (let i = 0; i < 100; i++) {
      bench.wire.last.receive({ type: 'runs', runs: [run('a', { elapsed: i })] });
    }
    expect(frames.waiting).toBe(1);
    frames.run();
    expect(pane.paints).toBe(before + 1);
    pane.dispose();
  });

  test('detached it holds no feed and paints nothing', () => {
    const pane = make(options());
    expect(bench.wire.sockets).toEqual([]);
    attach(pane);
    fill();
    frames.run();
    const before = pane.paints;
    Widget.detach(pane);
    expect(bench.wire.last.isClosed).toBe(true);
    frames.run();
    expect(pane.paints).toBe(before);
    pane.dispose();
  });

  test('hidden it paints nothing, and shown it paints what it missed', () => {
    const pane = make(options());
    attach(pane);
    frames.run();
    pane.hide();
    const before = pane.paints;
    fill();
    expect(frames.waiting).toBe(0);
    pane.show();
    frames.run();
    expect(pane.paints).toBe(before + 1);
    pane.dispose();
  });

  test('it is filled as soon as it is attached where there are tasks already', () => {
    const keep = bench.pool.acquire('k', ['lanes', 'runs', 'tasks']);
    fill();
    const pane = make(options());
    attach(pane);
    frames.run();
    expect(pane.node.querySelector<HTMLElement>('.jp-TreadlePane-empty')?.hidden).toBe(true);
    pane.dispose();
    keep.dispose();
  });

  test('disposed twice, and with a frame under way, it is safe', () => {
    const pane = make(options());
    attach(pane);
    fill();
    pane.dispose();
    pane.dispose();
    expect(() => frames.run()).not.toThrow();
  });

  test('before any cluster it says so, and fills itself when there is one', () => {
    const pane = make(options(ACTIVE));
    attach(pane);
    frames.run();
    expect(pane.node.textContent).toContain('Waiting for a cluster');

    bench.clusters.update([cluster('k')]);
    bench.connect();
    frames.run();
    expect(pane.node.textContent).toContain('Waiting for tasks');

    bench.wire.last.receive({ type: 'runs', runs: [run('a')] });
    bench.wire.last.receive(encode({ rows: [{ start: 1, stop: 2 }] }));
    frames.run();
    expect(pane.node.textContent).not.toContain('Waiting');
    pane.dispose();
  });

  test('a break keeps the picture under a ribbon, and a return takes the ribbon away', () => {
    const pane = make(options());
    attach(pane);
    fill();
    frames.run();
    const ribbon = pane.node.querySelector<HTMLElement>('.jp-TreadlePane-ribbon');
    expect(ribbon?.hidden).toBe(true);

    bench.wire.last.receive({ type: 'lost', reason: 'gone' });
    frames.run();
    expect(ribbon?.hidden).toBe(false);
    expect(ribbon?.textContent).toMatch(/^Lost/);
    expect(pane.node.dataset.state).toBe('lost');

    bench.connect();
    frames.run();
    expect(ribbon?.hidden).toBe(true);

    bench.wire.last.break();
    frames.run();
    expect(ribbon?.textContent).toBe('Reconnecting…');
    pane.dispose();
  });

  test('another choice shows another cluster', () => {
    const pane = make(options());
    attach(pane);
    fill();
    pane.target.choice = 'other';
    frames.run();
    expect(bench.wire.sockets.length).toBe(2);
    expect(bench.wire.sockets[0].isClosed).toBe(true);
    expect(pane.node.textContent).toContain('Connecting');
    pane.dispose();
  });
});

test('bars stand newest first, and their nodes stay', () => {
  const pane = new ProgressPane(options());
  attach(pane);
  fill();
  frames.run();
  const labels = (): (string | null)[] =>
    [...pane.node.querySelectorAll('.jp-TreadleRunBars-label')].map(node => node.textContent);
  expect(labels()).toEqual(['cell 2', 'cell 1']);
  const first = pane.node.querySelector('.jp-TreadleRunBars');

  bench.wire.last.receive({
    type: 'runs',
    runs: [run('b', { label: 'cell 2' }), run('c', { label: 'cell 3' })]
  });
  frames.run();
  expect(labels()).toEqual(['cell 3', 'cell 2']);
  expect(pane.node.querySelectorAll('.jp-TreadleRunBars')[1]).toBe(first);
  pane.dispose();
});

describe('the keys of a task stream', () => {
  const press = (pane: Pane, key: string): void => {
    const stage = pane.node.querySelector('.jp-TreadleStream-stage');
    stage?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  };

  test('Space holds and follows, t shows the table', () => {
    const pane = new TaskStreamPane({ ...options(), clock: () => 0 });
    attach(pane);
    fill();
    frames.run();
    press(pane, ' ');
    expect(pane.isFollowing).toBe(false);
    press(pane, ' ');
    expect(pane.isFollowing).toBe(true);

    press(pane, 't');
    frames.run();
    expect(pane.isTable).toBe(true);
    const cells = [...pane.node.querySelectorAll('tbody tr > *')].map(cell => cell.textContent);
    expect(cells).toEqual(['load', '1', '0', '1.00 s', '1.00 s', '1.00 s']);
    pane.dispose();
  });
});
