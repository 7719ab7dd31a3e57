// Made by labextension/scripts/generate_protocol.py from treadle/telemetry/events.py.
// Do not edit: change that file and run the script.

/** Version of the feed that these types describe. */
export const PROTOCOL_VERSION = 1;

/** Websocket subprotocol of the feed. */
export const SUBPROTOCOL = 'treadle.v1';

/** Most rows in one binary frame. */
export const MAX_FRAME_ROWS = 20000;

/** What the column `kind` counts. */
export const KINDS = ['compute', 'transfer', 'spill', 'deserialize'] as const;

/** What the column `status` counts. */
export const STATUSES = ['ok', 'failed'] as const;

export type Topic = 'runs' | 'lanes' | 'tasks' | 'workers';

export type RunState = 'running' | 'finished' | 'failed' | 'cancelled';

export type ClusterState = 'starting' | 'running' | 'stopping' | 'failed' | 'lost';

/** Where to begin, by topic. */
export interface Since {
  /** Next sequence number wanted; -1: only what is new. */
  tasks?: number;
}

/** Who runs the tasks. */
export interface Source {
  /** Name of its record. */
  name: string;
  kind: string;
  label: string;
  pid: number;
  /** Random id of the process; with a new one, numbers start anew. */
  instance: string;
}

/** Tasks of one run that share a prefix; what is not counted here waits. */
export interface Group {
  name: string;
  total: number;
  done: number;
  failed: number;
  running: number;
  /** Wall time in ended tasks, all lanes together. */
  seconds: number;
}

/** One run at one moment. */
export interface Run {
  run: string;
  label: string;
  engine: string;
  state: RunState;
  /** Seconds since the epoch. */
  started: number;
  ended: number | null;
  /** Seconds. */
  elapsed: number;
  nlanes: number;
  /** Seconds. */
  busy_seconds: number;
  /** Seconds. */
  cpu_seconds: number;
  groups: Group[];
}

/** The task that a lane is in. */
export interface Busy {
  group: string;
  /** Seconds since the epoch. */
  start: number;
  run: string;
}

/** One thread that runs tasks. */
export interface Lane {
  lane: number;
  name: string;
  busy: Busy | null;
}

/** A worker of a cluster as its last heartbeat told. */
export interface Worker {
  /** Its number, never given twice. */
  worker: number;
  name: string;
  host: string;
  nthreads: number;
  /** Cores in use, 1.0 is one. */
  cpu: number;
  /** Bytes. */
  memory: number;
  /** Bytes; 0: none. */
  limit: number;
  /** Tasks that wait for a thread. */
  ready: number;
  /** Tasks that have a thread. */
  executing: number;
  /** Seconds since the epoch. */
  last_seen: number;
}

/** Where one column lies in a binary frame. */
export interface Column {
  name: string;
  /** Little-endian float64 or int32. */
  dtype: 'f8' | 'i4';
  /** Bytes from the end of the header. */
  offset: number;
}

/** One source of tasks that this server can relay, or is starting. */
export interface Cluster {
  name: string;
  /** Kernel, or cluster: what can be scaled and stopped. */
  kind: string;
  label: string;
  pid: number;
  /** Seconds since the epoch. */
  started: number;
  kernel_id: string | null;
  state: ClusterState;
  /** Workers that are there; null: not known. */
  workers: number | null;
  /** Threads of all of them; null: not known. */
  threads: number | null;
  /** Why it failed; empty: it did not. */
  error: string;
  /** Was it started here, so that there is a log. */
  has_log: boolean;
}

/** Answer of the REST route. */
export interface ClusterList {
  clusters: Cluster[];
}

/** What a reader wants from now on; replaces what it wanted before. */
export interface Subscribe {
  type: 'subscribe';
  topics: Topic[];
  since?: Since;
  /** Most updates a second. */
  max_hz?: number;
}

/** The feed is there; also sent when it is back, or another, after a loss. */
export interface Welcome {
  type: 'welcome';
  version: number;
  source: Source;
  /** Seconds since the epoch. */
  now: number;
  /** Number that the next row of tasks will have. */
  next?: number;
}

/** All live runs and the last that ended, the newest last; sent when any has changed. */
export interface Runs {
  type: 'runs';
  runs: Run[];
}

/** What every lane is doing; sent when it has changed. */
export interface Lanes {
  type: 'lanes';
  lanes: Lane[];
  /** Seconds since the epoch. */
  now: number;
}

/** All workers of a cluster; sent when one comes or goes, and about once a second. */
export interface Workers {
  type: 'workers';
  workers: Worker[];
  /** Seconds since the epoch. */
  now: number;
}

/** Header of a binary frame of ended tasks. */
export interface Tasks {
  type: 'tasks';
  /** Sequence number of row 0. */
  first: number;
  count: number;
  /** Rows before the first that are gone for good. */
  missed: number;
  /** What the columns lane, group and run index. */
  strings: string[];
  columns: Column[];
}

/** The relay has lost the feed; the socket stays open, a welcome says when it is back. */
export interface Lost {
  type: 'lost';
  reason: string;
}

/** All clusters, at once and whenever that changes. */
export interface Clusters {
  type: 'clusters';
  clusters: Cluster[];
}
