/** How a cluster stands, in a line. */

import type { Cluster } from '../protocol/messages';
import { ITrans } from '../painters/trans';

/** What stands below the name of a cluster. */
export function detailOf(cluster: Cluster, trans: ITrans): string {
  const since = new Date(cluster.started * 1000).toLocaleTimeString([], { timeStyle: 'short' });
  switch (cluster.state) {
    case 'starting':
      return trans.__('starting…');
    case 'stopping':
      return trans.__('stopping…');
    case 'failed':
      return trans.__('could not be started');
    case 'lost':
      return cluster.kind === 'cluster'
        ? trans.__('lost: it has ended')
        : trans.__('lost: %1 since %2', cluster.kind, since);
    default:
      return workersOf(cluster, trans) || trans.__('%1 since %2', cluster.kind, since);
  }
}

/** How many workers it has, if it has said so. */
function workersOf(cluster: Cluster, trans: ITrans): string {
  const { workers, threads } = cluster;
  if (workers === null) {
    return '';
  }
  const count = trans._n('%1 worker', '%1 workers', workers);
  return threads === null || threads === workers
    ? count
    : trans.__('%1, %2', count, trans._n('%1 thread', '%1 threads', threads));
}
