/** A pool whose feeds hang on sockets that the test holds, and a cluster to show. */

import type { Cluster } from '../../src/protocol/messages';
import { ClustersModel } from '../../src/models/clusters';
import { SourcePool } from '../../src/models/source';
import { Feed } from '../../src/transport/feed';
import { FakePage, Wire, welcome } from './wire';

export class Bench {
  readonly wire = new Wire();
  readonly page = new FakePage();
  readonly clusters = new ClustersModel();
  readonly pool = new SourcePool({
    clusters: this.clusters,
    wallClock: () => 1000,
    makeFeed: (_, maxHz) =>
      new Feed({ open: this.wire.open, visibility: this.page, maxHz, random: () => 0 })
  });

  /** Let the newest connection succeed. */
  connect(instance = 'one'): void {
    this.wire.last.open();
    this.wire.last.receive(welcome(instance));
  }
}

export function cluster(name: string, extra: Partial<Cluster> = {}): Cluster {
  return {
    name,
    kind: 'kernel',
    label: `${name}.ipynb`,
    pid: 1,
    started: 1,
    kernel_id: null,
    state: 'running',
    workers: null,
    threads: null,
    error: '',
    has_log: false,
    ...extra
  };
}

export function run(id: string, extra: object = {}): object {
  return {
    run: id,
    label: 'cell 1',
    engine: 'threads',
    state: 'running',
    started: 999,
    ended: null,
    elapsed: 1,
    nlanes: 2,
    busy_seconds: 1,
    cpu_seconds: 1,
    groups: [{ name: 'load', total: 8, done: 5, failed: 1, running: 2, seconds: 0.5 }],
    ...extra
  };
}
