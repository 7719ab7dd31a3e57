import { ServerConnection } from '@jupyterlab/services';

import {
  ServerExtensionMissing,
  listClusters,
  openFeed,
  openWatch
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
