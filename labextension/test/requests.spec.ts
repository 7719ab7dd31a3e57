import { ServerConnection } from '@jupyterlab/services';

import {
  ServerExtensionMissing,
  listClusters,
  openFeed,
  openWatch,
  readLog,
  scaleCluster,
  startCluster,
  stopCluster
} from '../src/transport/requests';
import { cluster } from './support/source';

class FakeWebSocket {
  constructor(
    readonly url: string,
    readonly protocol: string
  ) {}
}

function settings(options: Partial<ServerConnection.ISettings> = {}): ServerConnection.ISettings {
  return {
    ...ServerConnection.makeSettings({
      baseUrl: 'http://lab.example/user/x/',
      wsUrl: 'ws://lab.example/user/x/',
      token: 'se cret',
      appendToken: false,
      WebSocket: FakeWebSocket as unknown as typeof WebSocket
    }),
    ...options
  };
}

function answer(status: number, body: unknown): ServerConnection.ISettings {
  return settings({ fetch: () => Promise.resolve(Response.json(body, { status })) });
}

test('sockets are opened below the base url, with the subprotocol', () => {
  expect(openFeed(settings(), 'kernel-1')).toMatchObject({
    url: 'ws://lab.example/user/x/treadle/api/clusters/kernel-1/feed',
    protocol: 'treadle.v1'
  });
  expect(openWatch(settings())).toMatchObject({
    url: 'ws://lab.example/user/x/treadle/api/clusters/watch'
  });
});

test('the token is added where the server is another one', () => {
  expect(openWatch(settings({ appendToken: true }))).toMatchObject({
    url: 'ws://lab.example/user/x/treadle/api/clusters/watch?token=se%20cret'
  });
});

test('a name can not lead out of its place', () => {
  expect(openFeed(settings(), '../../x')).toMatchObject({
    url: 'ws://lab.example/user/x/treadle/api/clusters/..%2F..%2Fx/feed'
  });
});

test('the list is read, and what is none is refused', async () => {
  await expect(listClusters(answer(200, { clusters: [cluster('k')] }))).resolves.toEqual([
    cluster('k')
  ]);
  await expect(listClusters(answer(200, { clusters: 7 }))).rejects.toThrow('a list');
});

test('a server without the routes is told from one that fails', async () => {
  await expect(listClusters(answer(404, {}))).rejects.toBeInstanceOf(ServerExtensionMissing);
  await expect(listClusters(answer(500, {}))).rejects.toBeInstanceOf(
    ServerConnection.ResponseError
  );
});

/** Where a request goes, without what keeps caches from answering. */
const plain = ({ url }: Request): string => url.replace(/\?\d+$/, '');

function recorded(status: number, body?: unknown): [ServerConnection.ISettings, Request[]] {
  const requests: Request[] = [];
  const found = settings({
    fetch: (input: RequestInfo | URL, init?: RequestInit) => {
      requests.push(new Request(input, init));
      const text = body === undefined ? null : JSON.stringify(body);
      return Promise.resolve(new Response(text, { status }));
    }
  });
  return [found, requests];
}

test('a cluster is started with what was asked for, and nothing else', async () => {
  const entry = cluster('local-1', { kind: 'cluster', state: 'starting' });
  const [server, requests] = recorded(202, entry);
  await expect(startCluster(server, { name: 'x', n_workers: undefined })).resolves.toEqual(entry);
  expect(requests[0].method).toBe('POST');
  expect(plain(requests[0])).toBe('http://lab.example/user/x/treadle/api/clusters');
  await expect(requests[0].json()).resolves.toEqual({ name: 'x' });
});

test('a cluster is scaled and stopped by its name, which leads nowhere else', async () => {
  const [server, requests] = recorded(202);
  await scaleCluster(server, '../x', 3);
  await stopCluster(server, 'local-1');
  expect(requests.map(request => `${request.method} ${plain(request)}`)).toEqual([
    'POST http://lab.example/user/x/treadle/api/clusters/..%2Fx/scale',
    'DELETE http://lab.example/user/x/treadle/api/clusters/local-1'
  ]);
  await expect(requests[0].json()).resolves.toEqual({ n: 3 });
});

test('the log is read, and what is none is refused', async () => {
  const [server] = recorded(200, { text: 'one', is_cut: true });
  await expect(readLog(server, 'x')).resolves.toEqual({ text: 'one', isCut: true });
  await expect(readLog(recorded(200, {})[0], 'x')).rejects.toThrow('a string');
});

test('a server that refuses is told in its own words', async () => {
  const [server] = recorded(409, { message: 'there is one already' });
  await expect(startCluster(server, {})).rejects.toThrow('there is one already');
  await expect(stopCluster(server, 'x')).rejects.toThrow('there is one already');
});
