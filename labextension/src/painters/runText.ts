/** The sentence that tells how a run stands, and what it is reckoned from. Pure. */

import type { Group } from '../protocol/messages';
import { clock, count, duration } from './format';
import { ITrans } from './trans';

/** How a run stands, whether it came by the feed or is stored in a notebook. */
export interface IRunView {
  readonly label: string;
  readonly state: RunViewState;
  readonly engine: string;
  readonly nlanes: number;
  /** Seconds. */
  readonly elapsed: number;
  readonly groups: readonly Group[];
  /** The sentence to show when it has ended, if the kernel wrote one. */
  readonly summary?: string;
  readonly notes?: readonly string[];
}

/** `lost`: the kernel ended before the run did. */
export type RunViewState = 'running' | 'finished' | 'failed' | 'cancelled' | 'interrupted' | 'lost';

const GLYPHS: Readonly<Record<RunViewState, string>> = {
  running: '▸',
  finished: '✓',
  failed: '✗',
  cancelled: '⊘',
  interrupted: '⊘',
  lost: '?'
};

export function glyph(state: RunViewState): string {
  return GLYPHS[state];
}

/** One line: how many tasks, how long, on what. */
export function sentence(run: IRunView, trans: ITrans): string {
  if (run.state === 'lost') {
    return trans.__('run ended without a result (kernel lost)');
  }
  if (run.state === 'running') {
    return runningSentence(run, trans);
  }
  if (run.summary) {
    return run.summary;
  }
  const parts = [
    tasksOf(run, trans),
    trans.__('in %1', duration(run.elapsed)),
    trans.__('on %1', lanesOf(run, trans))
  ];
  const text = parts.join(' ');
  switch (run.state) {
    case 'failed':
      return trans.__('failed: %1', text);
    case 'cancelled':
      return trans.__('cancelled: %1', text);
    case 'interrupted':
      return trans.__('interrupted: %1', text);
    default:
      return text;
  }
}

/** The numbers of one group. */
export function groupText(group: Group, trans: ITrans): string {
  const parts = [`${count(group.done)}/${count(group.total)}`];
  if (group.running > 0) {
    parts.push(trans.__('%1 running', count(group.running)));
  }
  if (group.failed > 0) {
    parts.push(trans.__('%1 failed', count(group.failed)));
  }
  if (group.seconds > 0) {
    parts.push(duration(group.seconds));
  }
  return parts.join(' · ');
}

/**
 * Seconds that a run still needs, or NaN where no honest guess is possible.
 *
 * Mean time of each group's tasks, times those that remain, over the lanes. A group speaks once 5
 * tasks or a tenth of it are done; while any group is silent there is no guess.
 */
export function remaining(run: IRunView): number {
  let seconds = 0;
  for (const group of run.groups) {
    const ended = group.done + group.failed;
    const left = group.total - ended;
    if (left <= 0) {
      continue;
    }
    if (ended === 0 || (ended < 5 && ended < group.total / 10)) {
      return NaN;
    }
    seconds += (group.seconds / ended) * left;
  }
  return seconds / Math.max(run.nlanes, 1);
}

function runningSentence(run: IRunView, trans: ITrans): string {
  const done = run.groups.reduce((sum, group) => sum + group.done, 0);
  const left = remaining(run);
  const time = clock(run.elapsed);
  return [
    tasksOf(run, trans),
    trans.__('%1 done', count(done)),
    lanesOf(run, trans),
    left >= 1 ? trans.__('%1 (≈%2 left)', time, clock(left)) : time
  ].join(' · ');
}

function tasksOf(run: IRunView, trans: ITrans): string {
  const total = run.groups.reduce((sum, group) => sum + group.total, 0);
  return trans._n('%2 task', '%2 tasks', total, count(total));
}

function lanesOf(run: IRunView, trans: ITrans): string {
  return trans._n('%1 thread', '%1 threads', run.nlanes);
}
