/** Where the server's routes are, and how they are asked. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { decodeClusters } from '../protocol/decode';
import { fields } from '../protocol/check';
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

/** Open the feed of a cluster. */
export function openFeed(settings: ServerConnection.ISettings, name: string): ISocket {
  return openSocket(settings, URLExt.join(ROUTE, encodeURIComponent(name), 'feed'));
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
