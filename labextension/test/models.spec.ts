import { Signal } from '@lumino/signaling';

import { ClustersModel } from '../src/models/clusters';
import { Names } from '../src/models/names';
import { Target } from '../src/models/target';
import { IScene, StreamWindow } from '../src/models/window';
import { encode } from './support/frames';
import { Bench, cluster, run } from './support/source';

describe('Names', () => {
  test('numbers are given in order of first appearance, and never without bound', () => {
    const names = new Names(3);
    expect(['a', 'b', 'a', 'c', 'd', 'e'].map(name => names.number(name))).toEqual([
      0, 1, 0, 2, 2, 2
    ]);
    expect(names.all).toEqual(['a', 'b', 'c']);
  });
});

describe('StreamWindow', () => {
  const scene: IScene = { runStart: 100, firstStart: 10, lastStop: 104, now: NaN };
  const round = (value: number): number => Math.round(value * 10) / 10;

  test('it follows the newest run from its start to its end', () => {
    const { from, to } = new StreamWindow().resolve(scene);
    expect([round(from), round(to)]).toEqual([100, 104.1]);
  });

  test('of a long run it shows the end', () => {
    const { from, to } = new StreamWindow().resolve({ ...scene, now: 500 });
    expect(round(to - from)).toBeCloseTo(30.9, 5);
    expect(to).toBeGreaterThan(500);
  });

  test('held it stays, and following it goes on', () => {
    const window = new StreamWindow();
    window.hold(scene);
    const held = window.resolve({ ...scene, lastStop: 200 });
    expect(held.to).toBeLessThan(105);
    expect(window.isFollowing).toBe(false);

    window.follow();
    expect(window.resolve({ ...scene, lastStop: 200 }).to).toBeGreaterThan(200);
  });

  test('zooming keeps the time under the pointer where it is', () => {
    const window = new StreamWindow();
    const before = window.resolve(scene);
    window.zoom(scene, 0.5, 101);
    const after = window.resolve(scene);

    expect(after.to - after.from).toBeCloseTo((before.to - before.from) / 2, 9);
    const share = ({ from, to }: { from: number; to: number }): number =>
      (101 - from) / (to - from);
    expect(share(after)).toBeCloseTo(share(before), 6);
  });

  test('zooming has an end on both sides', () => {
    const window = new StreamWindow();
    for (let i = 0; i < 200; i++) {
      window.zoom(scene, 0.5, 101);
    }
    expect(window.resolve(scene).to - window.resolve(scene).from).toBeGreaterThan(1e-6);
    for (let i = 0; i < 200; i++) {
      window.zoom(scene, 2, 101);
    }
    expect(window.resolve(scene).to - window.resolve(scene).from).toBeLessThan(1e6);
  });

  test('everything is everything, and nothing is shown without a fault', () => {
    const window = new StreamWindow();
    window.fit(scene);
    expect(window.resolve(scene).from).toBeLessThan(10);
    const nothing = { runStart: NaN, firstStart: NaN, lastStop: NaN, now: NaN };
    const { from, to } = new StreamWindow().resolve(nothing);
    expect(to).toBeGreaterThan(from);
  });
});

describe('ClustersModel', () => {
  test('what starts comes first, then what runs, the newest before the older', () => {
    const model = new ClustersModel();
    model.update([
      cluster('a', { started: 1 }),
      cluster('b', { started: 3, state: 'lost' }),
      cluster('c', { started: 2 }),
      cluster('d', { state: 'failed' }),
      cluster('e', { state: 'starting' })
    ]);
    expect(model.clusters.map(({ name }) => name)).toEqual(['e', 'c', 'a', 'd', 'b']);
    expect(model.newestRunning?.name).toBe('c');
  });

  test('a silent server makes a known list stale, not an unknown one', () => {
    const model = new ClustersModel();
    model.setKnowledge('stale');
    expect(model.knowledge).toBe('unknown');
    model.update([]);
    model.setKnowledge('stale');
    expect(model.knowledge).toBe('stale');
  });
});

describe('Target', () => {
  class Kernel {
    id: string | null = null;
    readonly changed = new Signal<this, void>(this);
  }

  test('the one in use is that of the current kernel, else the newest', () => {
    const clusters = new ClustersModel();
    const kernel = new Kernel();
    const target = new Target({ clusters, kernel });
    const names: (string | null)[] = [target.name];
    target.changed.connect(() => names.push(target.name));

    clusters.update([cluster('old', { kernel_id: 'k1' }), cluster('new', { started: 9 })]);
    kernel.id = 'k1';
    kernel.changed.emit();
    kernel.id = 'another';
    kernel.changed.emit();
    expect(names).toEqual([null, 'new', 'old', 'new']);
  });

  test('it stays with a cluster that ended until there is another', () => {
    const clusters = new ClustersModel();
    const target = new Target({ clusters });
    clusters.update([cluster('a')]);
    clusters.update([]);
    expect(target.name).toBe('a');
    clusters.update([cluster('b')]);
    expect(target.name).toBe('b');
  });

  test('a name is kept whether or not it is there', () => {
    const target = new Target({ clusters: new ClustersModel(), choice: 'kernel-7' });
    expect(target.name).toBe('kernel-7');
  });
});

describe('SourcePool', () => {
  test('those who show the same cluster share a socket, and ask for the sum of their topics', () => {
    const bench = new Bench();
    const one = bench.pool.acquire('k', ['runs']);
    bench.connect();
    const two = bench.pool.acquire('k', ['tasks', 'runs']);
    expect(one.source).toBe(two.source);
    expect(bench.wire.sockets.length).toBe(1);
    expect(bench.wire.last.sent).toMatchObject([
      { topics: ['runs'] },
      { topics: ['runs', 'tasks'] }
    ]);

    two.dispose();
    two.dispose();
    expect(bench.wire.last.sent[2]).toMatchObject({ topics: ['runs'] });
    one.dispose();
    expect(bench.wire.last.isClosed).toBe(true);
    expect(one.source.isDisposed).toBe(true);
  });

  test('a new instance empties the models', () => {
    const bench = new Bench();
    const { source } = bench.pool.acquire('k', ['runs', 'tasks']);
    bench.connect('one');
    bench.wire.last.receive(encode({ rows: [{ start: 1, stop: 2, group: 'old' }] }));
    bench.wire.last.receive({ type: 'runs', runs: [run('a')] });
    expect(source.groups.all).toEqual(['old', 'load']);

    bench.wire.last.receive({ type: 'lost', reason: '' });
    expect(source.tasks.rows.length).toBe(1);
    bench.connect('two');
    expect(source.tasks.rows.length).toBe(0);
    expect(source.progress.runs).toEqual([]);
    expect(source.groups.all).toEqual([]);
  });

  test('a cluster that was unknown is asked for again when it is listed', () => {
    const bench = new Bench();
    bench.pool.acquire('k', ['runs']);
    bench.wire.last.open();
    bench.wire.last.break(4404);
    bench.clusters.update([cluster('other')]);
    expect(bench.wire.sockets.length).toBe(1);
    bench.clusters.update([cluster('k')]);
    expect(bench.wire.sockets.length).toBe(2);
  });
});
