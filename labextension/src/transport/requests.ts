/** Where the server's routes are, and how they are asked. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { decodeCluster, decodeClusters } from '../protocol/decode';
import { fields, text } from '../protocol/check';
import { Cluster, SUBPROTOCOL } from '../protocol/messages';
import { ISocket } from './socket';

const ROUTE = 'treadle/api/clusters';

/** The server has no routes of treadle: its extension is missing or disabled. */
export class ServerExtensionMissing extends Error {
  constructor() {
    super('The treadle server extension is not enabled');
    this.name = 'ServerExtensionMissing';
  }
}

/** Ask once for the list of clusters. */
export async function listClusters(settings: ServerConnection.ISettings): Promise<Cluster[]> {
  const response = await ServerConnection.makeRequest(
    URLExt.join(settings.baseUrl, ROUTE),
    {},
    settings
  );
  if (response.status === 404) {
    throw new ServerExtensionMissing();
  }
  if (!response.ok) {
    throw new ServerConnection.ResponseError(response);
  }
  return decodeClusters(fields(await response.json(), 'response').clusters);
}

/** What a new cluster should be; what is left out, the server chooses. */
export interface INewCluster {
  readonly name?: string;
  readonly kernelspec?: string;
  readonly n_workers?: number;
  readonly threads_per_worker?: number;
  readonly memory_limit?: string;
}

/** The end of what a cluster wrote while it started. */
export interface ILog {
  readonly text: string;
  readonly isCut: boolean;
}

/** Begin to start a cluster; its entry of the list, as it is now. */
export async function startCluster(
  settings: ServerConnection.ISettings,
  wanted: INewCluster
): Promise<Cluster> {
  const body = JSON.stringify(wanted);
  const response = await act(settings, ROUTE, { method: 'POST', body });
  return decodeCluster(await response.json());
}

/** Tell a cluster to have `n` workers. */
export async function scaleCluster(
  settings: ServerConnection.ISettings,
  name: string,
  n: number
): Promise<void> {
  const body = JSON.stringify({ n });
  await act(settings, routeOf(name, 'scale'), { method: 'POST', body });
}

/** Stop a cluster, give up its start, or forget that it has failed. */
export async function stopCluster(
  settings: ServerConnection.ISettings,
  name: string
): Promise<void> {
  await act(settings, routeOf(name), { method: 'DELETE' });
}

/** Read the log of a cluster. */
export async function readLog(settings: ServerConnection.ISettings, name: string): Promise<ILog> {
  const response = await act(settings, routeOf(name, 'log'), {});
  const answer = fields(await response.json(), 'log');
  return { text: text(answer.text, 'log.text'), isCut: answer.is_cut === true };
}

/** A request that the server has to fulfil; else an error with the server's words. */
async function act(
  settings: ServerConnection.ISettings,
  path: string,
  init: RequestInit
): Promise<Response> {
  const url = URLExt.join(settings.baseUrl, path);
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    throw await ServerConnection.ResponseError.create(response);
  }
  return response;
}

function routeOf(name: string, ...more: string[]): string {
  return URLExt.join(ROUTE, encodeURIComponent(name), ...more);
}

/** Open the feed of a cluster. */
export function openFeed(settings: ServerConnection.ISettings, name: string): ISocket {
  return openSocket(settings, routeOf(name, 'feed'));
}

/** Open the socket that pushes the list of clusters. */
export function openWatch(settings: ServerConnection.ISettings): ISocket {
  return openSocket(settings, URLExt.join(ROUTE, 'watch'));
}

function openSocket(settings: ServerConnection.ISettings, path: string): ISocket {
  let url = URLExt.join(settings.wsUrl, path);
  if (settings.appendToken && settings.token !== '') {
    url += `?token=${encodeURIComponent(settings.token)}`;
  }
  return new settings.WebSocket(url, SUBPROTOCOL);
}
