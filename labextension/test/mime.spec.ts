import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';

import { RUN_MIME_TYPE, readStoredRun } from '../src/mime/model';
import { RunRenderer } from '../src/mime/run';
import { Bench, cluster, run } from './support/source';
import { trans } from './support/text';

const STORED = {
  version: 1,
  run: 'a',
  source: 'k',
  state: 'running',
  label: 'cell 1',
  engine: 'threads',
  nlanes: 2,
  elapsed: 0.6,
  groups: [{ name: 'load', total: 8, done: 1, failed: 0, running: 2, seconds: 0.1 }],
  notes: []
};
const FINAL = {
  ...STORED,
  source: undefined,
  state: 'finished',
  summary: '8 tasks in 0.46 s on 2 threads (serial estimate 0.91 s, 2.0×)'
};

const model = (data: object): IRenderMime.IMimeModel => ({
  trusted: false,
  data: { [RUN_MIME_TYPE]: data as never },
  metadata: {},
  setData: () => undefined
});

let bench: Bench;
let renderer: RunRenderer;

beforeEach(() => {
  jest.useFakeTimers();
  bench = new Bench();
  renderer = new RunRenderer({ clusters: bench.clusters, pool: bench.pool, trans });
});

afterEach(() => {
  renderer.dispose();
  jest.useRealTimers();
});

const text = (): string => {
  jest.advanceTimersByTime(20);
  return renderer.node.querySelector('.jp-TreadleRunBars-sentence')?.textContent ?? '';
};

test('a run that has ended is drawn from its model alone', async () => {
  await renderer.renderModel(model(FINAL));
  Widget.attach(renderer, document.body);

  expect(text()).toBe(FINAL.summary);
  expect(bench.wire.sockets).toEqual([]);
  expect(renderer.node.querySelector('details')?.open).toBe(false);
});

test('a run that runs without a source is drawn from its model too', async () => {
  Widget.attach(renderer, document.body);
  await renderer.renderModel(model({ ...STORED, source: null }));
  expect(text()).toBe('8 tasks · 1 done · 2 threads · 0:00');
  expect(bench.wire.sockets).toEqual([]);
});

test('while it runs it is drawn from the feed, and the final model ends that', async () => {
  await renderer.renderModel(model(STORED));
  expect(bench.wire.sockets).toEqual([]);
  Widget.attach(renderer, document.body);
  bench.connect();
  bench.wire.last.receive({ type: 'runs', runs: [run('a', { elapsed: 2 })] });
  expect(text()).toBe('8 tasks · 5 done · 2 threads · 0:02');
  expect(bench.wire.last.sent).toMatchObject([{ topics: ['runs'] }]);

  await renderer.renderModel(model(FINAL));
  expect(text()).toBe(FINAL.summary);
  expect(bench.wire.last.isClosed).toBe(true);
});

test('taken off the page it lets go of the feed, and put back it takes it again', async () => {
  await renderer.renderModel(model(STORED));
  Widget.attach(renderer, document.body);
  bench.connect();
  Widget.detach(renderer);
  expect(bench.wire.last.isClosed).toBe(true);
  expect(jest.getTimerCount()).toBe(0);

  Widget.attach(renderer, document.body);
  expect(bench.wire.sockets.length).toBe(2);
});

test('a source that nobody knows means that the kernel is lost', async () => {
  await renderer.renderModel(model(STORED));
  Widget.attach(renderer, document.body);
  bench.wire.last.open();
  bench.wire.last.break(4404);
  expect(text()).toBe('run ended without a result (kernel lost)');
});

test('a source that does not answer is waited for while its process lives, and no longer', async () => {
  bench.clusters.update([cluster('k')]);
  await renderer.renderModel(model(STORED));
  Widget.attach(renderer, document.body);
  bench.connect();
  bench.wire.last.receive({ type: 'runs', runs: [run('a')] });
  bench.wire.last.receive({ type: 'lost', reason: 'no answer' });
  expect(text()).toContain('5 done');

  bench.clusters.update([cluster('k', { state: 'lost' })]);
  expect(text()).toBe('run ended without a result (kernel lost)');
});

test('a source that does not know the run is given a moment to tell of it', async () => {
  await renderer.renderModel(model(STORED));
  Widget.attach(renderer, document.body);
  bench.connect();
  bench.wire.last.receive({ type: 'runs', runs: [] });
  expect(text()).toContain('1 done');

  jest.advanceTimersByTime(4000);
  expect(text()).toBe('run ended without a result (kernel lost)');
});

test('a run whose end came by the feed is not lost when the kernel goes', async () => {
  await renderer.renderModel(model(STORED));
  Widget.attach(renderer, document.body);
  bench.connect();
  bench.wire.last.receive({ type: 'runs', runs: [run('a', { state: 'finished' })] });
  bench.connect('two');
  bench.wire.last.receive({ type: 'runs', runs: [] });
  jest.advanceTimersByTime(4000);
  expect(text()).toBe('8 tasks in 1.00 s on 2 threads');
});

test('an output that is no run says so, and breaks nothing', async () => {
  Widget.attach(renderer, document.body);
  await renderer.renderModel(model({ run: 7 }));
  expect(renderer.node.textContent).toContain('not a run');
  await renderer.renderModel(model(FINAL));
  expect(text()).toBe(FINAL.summary);
});

test.each([
  [null],
  [[]],
  [{ ...STORED, groups: 'many' }],
  [{ ...STORED, state: 'flying' }],
  [{ ...STORED, nlanes: -1 }],
  [{ ...STORED, elapsed: 'long' }]
])('%j is no run', data => {
  expect(readStoredRun(data)).toBeNull();
});
