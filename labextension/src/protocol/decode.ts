/**
 * Turns what arrives on a websocket into messages, and refuses what isn't one.
 *
 * Every field is checked before anybody else sees it: a peer may be older, newer or hostile. A
 * message of an unknown type is skipped (`null`), so that a newer kernel may say more than we know.
 */

import { Fields, ProtocolError, count, fields, list, nullable, number, oneOf, text } from './check';
import type {
  Busy,
  Cluster,
  Clusters,
  Group,
  Lane,
  Lanes,
  Lost,
  Run,
  Runs,
  Source,
  Welcome,
  Worker,
  Workers
} from './messages';

/** What may arrive as text on a feed. */
export type FeedMessage = Welcome | Runs | Lanes | Workers | Lost;

const RUN_STATES = ['running', 'finished', 'failed', 'cancelled'] as const;
const CLUSTER_STATES = ['starting', 'running', 'stopping', 'failed', 'lost'] as const;

/** Read one text message of a feed; `null` if its type is unknown. */
export function decodeFeedMessage(data: string): FeedMessage | null {
  const message = parse(data);
  switch (text(message.type, 'type')) {
    case 'welcome':
      return {
        type: 'welcome',
        version: count(message.version, 'version'),
        source: source(message.source, 'source'),
        now: number(message.now, 'now'),
        next: nullable(message.next, 'next', count) ?? undefined
      };
    case 'runs':
      return { type: 'runs', runs: list(message.runs, 'runs', run) };
    case 'lanes':
      return {
        type: 'lanes',
        lanes: list(message.lanes, 'lanes', lane),
        now: number(message.now, 'now')
      };
    case 'workers':
      return {
        type: 'workers',
        workers: list(message.workers, 'workers', worker),
        now: number(message.now, 'now')
      };
    case 'lost':
      return { type: 'lost', reason: text(message.reason, 'reason') };
    default:
      return null;
  }
}

/** Read one message of the watch socket; `null` if its type is unknown. */
export function decodeWatchMessage(data: string): Clusters | null {
  const message = parse(data);
  if (text(message.type, 'type') !== 'clusters') {
    return null;
  }
  return { type: 'clusters', clusters: decodeClusters(message.clusters) };
}

/** Read the answer to the start of a cluster. */
export function decodeCluster(value: unknown): Cluster {
  return cluster(value, 'cluster');
}

/** Read a list of clusters, as the REST route and the watch socket send it. */
export function decodeClusters(value: unknown): Cluster[] {
  return list(value, 'clusters', cluster);
}

/** Read the groups of a run. */
export function decodeGroups(value: unknown, where: string): Group[] {
  return list(value, where, group);
}

function parse(data: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new ProtocolError('message', 'JSON');
  }
  return fields(value, 'message');
}

function source(value: unknown, where: string): Source {
  const entry = fields(value, where);
  return {
    name: text(entry.name, `${where}.name`),
    kind: text(entry.kind, `${where}.kind`),
    label: text(entry.label, `${where}.label`),
    pid: count(entry.pid, `${where}.pid`),
    instance: text(entry.instance, `${where}.instance`)
  };
}

function run(value: unknown, where: string): Run {
  const entry = fields(value, where);
  return {
    run: text(entry.run, `${where}.run`),
    label: text(entry.label, `${where}.label`),
    engine: text(entry.engine, `${where}.engine`),
    state: oneOf(entry.state, `${where}.state`, RUN_STATES),
    started: number(entry.started, `${where}.started`),
    ended: nullable(entry.ended, `${where}.ended`, number),
    elapsed: number(entry.elapsed, `${where}.elapsed`),
    nlanes: count(entry.nlanes, `${where}.nlanes`),
    busy_seconds: number(entry.busy_seconds, `${where}.busy_seconds`),
    cpu_seconds: number(entry.cpu_seconds, `${where}.cpu_seconds`),
    groups: decodeGroups(entry.groups, `${where}.groups`)
  };
}

function group(value: unknown, where: string): Group {
  const entry = fields(value, where);
  return {
    name: text(entry.name, `${where}.name`),
    total: count(entry.total, `${where}.total`),
    done: count(entry.done, `${where}.done`),
    failed: count(entry.failed, `${where}.failed`),
    running: count(entry.running, `${where}.running`),
    seconds: number(entry.seconds, `${where}.seconds`)
  };
}

function lane(value: unknown, where: string): Lane {
  const entry = fields(value, where);
  return {
    lane: count(entry.lane, `${where}.lane`),
    name: text(entry.name, `${where}.name`),
    busy: nullable(entry.busy, `${where}.busy`, busy)
  };
}

function busy(value: unknown, where: string): Busy {
  const entry = fields(value, where);
  return {
    group: text(entry.group, `${where}.group`),
    start: number(entry.start, `${where}.start`),
    run: text(entry.run, `${where}.run`)
  };
}

function worker(value: unknown, where: string): Worker {
  const entry = fields(value, where);
  return {
    worker: count(entry.worker, `${where}.worker`),
    name: text(entry.name, `${where}.name`),
    host: text(entry.host, `${where}.host`),
    nthreads: count(entry.nthreads, `${where}.nthreads`),
    cpu: number(entry.cpu, `${where}.cpu`),
    memory: count(entry.memory, `${where}.memory`),
    limit: count(entry.limit, `${where}.limit`),
    ready: count(entry.ready, `${where}.ready`),
    executing: count(entry.executing, `${where}.executing`),
    last_seen: number(entry.last_seen, `${where}.last_seen`)
  };
}

function cluster(value: unknown, where: string): Cluster {
  const entry = fields(value, where);
  return {
    name: text(entry.name, `${where}.name`),
    kind: text(entry.kind, `${where}.kind`),
    label: text(entry.label, `${where}.label`),
    pid: count(entry.pid, `${where}.pid`),
    started: number(entry.started, `${where}.started`),
    kernel_id: nullable(entry.kernel_id, `${where}.kernel_id`, text),
    state: oneOf(entry.state, `${where}.state`, CLUSTER_STATES),
    // A server that is older says nothing of these.
    workers: nullable(entry.workers, `${where}.workers`, count),
    threads: nullable(entry.threads, `${where}.threads`, count),
    error: nullable(entry.error, `${where}.error`, text) ?? '',
    has_log: entry.has_log === true
  };
}
