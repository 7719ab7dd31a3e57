/** Reads the model of a run that is stored in an output. It may come from anybody's notebook. */

import { ProtocolError, count, fields, list, number, oneOf, text } from '../protocol/check';
import { decodeGroups } from '../protocol/decode';
import { IRunView } from '../painters/runText';

export const RUN_MIME_TYPE = 'application/vnd.treadle.run.v1+json';

export interface IStoredRun extends IRunView {
  readonly run: string;
  /** The record that feeds it while it runs. */
  readonly source: string | null;
}

const STATES = ['running', 'finished', 'failed', 'cancelled', 'interrupted'] as const;

/** The run, or null where the data are none. */
export function readStoredRun(data: unknown): IStoredRun | null {
  try {
    const entry = fields(data, 'run');
    return {
      run: text(entry.run, 'run'),
      source: typeof entry.source === 'string' ? entry.source : null,
      label: text(entry.label, 'label'),
      state: oneOf(entry.state, 'state', STATES),
      engine: text(entry.engine, 'engine'),
      nlanes: count(entry.nlanes, 'nlanes'),
      elapsed: number(entry.elapsed, 'elapsed'),
      groups: decodeGroups(entry.groups, 'groups'),
      notes: entry.notes === undefined ? [] : list(entry.notes, 'notes', text),
      summary: entry.summary === undefined ? undefined : text(entry.summary, 'summary')
    };
  } catch (error) {
    if (error instanceof ProtocolError) {
      return null;
    }
    throw error;
  }
}
