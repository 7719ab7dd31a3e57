import { Feed, FeedState } from '../src/transport/feed';
import { HIDDEN_GRACE } from '../src/transport/socket';
import { encode } from './support/frames';
import { FakePage, Wire, welcome } from './support/wire';

function setUp(): { feed: Feed; wire: Wire; page: FakePage; states: FeedState[] } {
  const wire = new Wire();
  const page = new FakePage();
  const feed = new Feed({ open: wire.open, visibility: page, maxHz: 10, random: () => 0 });
  const states: FeedState[] = [];
  feed.stateChanged.connect((_, state) => states.push(state));
  feed.subscribe(['runs', 'tasks']);
  return { feed, wire, page, states };
}

const rows = (n: number): { start: number; stop: number }[] =>
  Array.from({ length: n }, (_, i) => ({ start: i, stop: i + 1 }));

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test('it subscribes after the welcome, from the first row', () => {
  const { feed, wire, states } = setUp();
  feed.start();
  wire.last.open();
  expect(wire.last.sent).toEqual([]);
  expect(wire.last.binaryType).toBe('arraybuffer');

  wire.last.receive(welcome());
  expect(wire.last.sent).toEqual([
    { type: 'subscribe', topics: ['runs', 'tasks'], since: { tasks: 0 }, max_hz: 10 }
  ]);
  expect(states).toEqual(['live']);
});

test('after a break it asks for what comes after its last row', () => {
  const { feed, wire, states } = setUp();
  feed.start();
  wire.last.open();
  wire.last.receive(welcome());
  wire.last.receive(encode({ first: 0, rows: rows(7) }));
  wire.last.break();
  expect(states).toEqual(['live', 'reconnecting']);

  jest.advanceTimersByTime(500);
  expect(wire.sockets.length).toBe(2);
  wire.last.open();
  wire.last.receive(welcome());
  expect(wire.last.sent).toMatchObject([{ since: { tasks: 7 } }]);
  expect(states).toEqual(['live', 'reconnecting', 'live']);
});

test('it waits longer after each failure, and shortly again after a welcome', () => {
  const { feed, wire } = setUp();
  feed.start();
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const before = wire.sockets.length;
    wire.last.break();
    let waited = 0;
    while (wire.sockets.length === before) {
      jest.advanceTimersByTime(500);
      waited += 500;
    }
    waits.push(waited);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);

  wire.last.open();
  wire.last.receive(welcome());
  const before = wire.sockets.length;
  wire.last.break();
  jest.advanceTimersByTime(500);
  expect(wire.sockets.length).toBe(before + 1);
});

test('a server that accepts and closes at once is not asked without pause', () => {
  const { feed, wire } = setUp();
  feed.start();
  for (let i = 0; i < 5; i++) {
    wire.last.open();
    wire.last.break();
    jest.advanceTimersByTime(500);
  }
  expect(wire.sockets.length).toBe(3);
});

test('a new instance starts anew, on the same socket or another', () => {
  const { feed, wire } = setUp();
  let restarts = 0;
  feed.restarted.connect(() => (restarts += 1));
  feed.start();
  wire.last.open();
  wire.last.receive(welcome('one'));
  wire.last.receive(encode({ first: 0, rows: rows(3) }));
  expect(restarts).toBe(0);

  wire.last.receive({ type: 'lost', reason: 'the kernel ended' });
  wire.last.receive(welcome('two'));
  expect(restarts).toBe(1);
  expect(wire.last.sent[1]).toMatchObject({ since: { tasks: 0 } });

  wire.last.break();
  jest.advanceTimersByTime(500);
  wire.last.open();
  wire.last.receive(welcome('two'));
  expect(restarts).toBe(1);
});

test('a cluster that is lost and comes back the same resumes', () => {
  const { feed, wire, states } = setUp();
  feed.start();
  wire.last.open();
  wire.last.receive(welcome());
  wire.last.receive(encode({ first: 0, rows: rows(3) }));
  wire.last.receive({ type: 'lost', reason: 'no answer' });
  expect(feed.state).toBe('lost');
  expect(feed.reason).toBe('no answer');

  wire.last.receive(welcome());
  expect(states).toEqual(['live', 'lost', 'live']);
  expect(wire.last.sent[1]).toMatchObject({ since: { tasks: 3 } });
  expect(wire.sockets.length).toBe(1);
});

test('an unknown cluster is not asked for again until it is seen', () => {
  const { feed, wire } = setUp();
  feed.start();
  wire.last.open();
  wire.last.break(4404);
  jest.advanceTimersByTime(60_000);
  expect(feed.state).toBe('unknown');
  expect(wire.sockets.length).toBe(1);

  feed.retry();
  expect(wire.sockets.length).toBe(2);
  expect(feed.state).toBe('connecting');
});

test('a page that stays hidden holds no socket, and one that comes back resumes', () => {
  const { feed, wire, page } = setUp();
  feed.start();
  wire.last.open();
  wire.last.receive(welcome());
  wire.last.receive(encode({ first: 0, rows: rows(4) }));

  page.setHidden(true);
  jest.advanceTimersByTime(HIDDEN_GRACE - 1);
  page.setHidden(false);
  jest.advanceTimersByTime(60_000);
  expect(wire.sockets.length).toBe(1);
  expect(feed.state).toBe('live');

  page.setHidden(true);
  jest.advanceTimersByTime(HIDDEN_GRACE);
  expect(wire.last.isClosed).toBe(true);
  expect(feed.state).toBe('paused');

  page.setHidden(false);
  wire.last.open();
  wire.last.receive(welcome());
  expect(wire.last.sent).toMatchObject([{ since: { tasks: 4 } }]);
});

test('a feed that starts on a hidden page waits for it', () => {
  const { feed, wire, page } = setUp();
  page.hidden = true;
  feed.start();
  expect(wire.sockets).toEqual([]);

  page.setHidden(false);
  expect(wire.sockets.length).toBe(1);
});

test('what cannot be read is reported and dropped, and the feed goes on', () => {
  const { feed, wire } = setUp();
  const faults: string[] = [];
  let frames = 0;
  feed.faulted.connect((_, error) => faults.push(error.message));
  feed.tasks.connect(() => (frames += 1));
  feed.start();
  wire.last.open();
  wire.last.receive(welcome());
  wire.last.receive(new ArrayBuffer(4));
  wire.last.receive({ type: 'runs', runs: 'many' });
  wire.last.receive(encode({ rows: rows(1) }));

  expect(faults.length).toBe(2);
  expect(frames).toBe(1);
  expect(feed.state).toBe('live');
});

test('a change of topics or of pace is sent at once, and only while live', () => {
  const { feed, wire } = setUp();
  feed.start();
  feed.maxHz = 5;
  wire.last.open();
  wire.last.receive(welcome());
  feed.subscribe(['runs']);
  feed.maxHz = 2;

  expect(wire.last.sent).toMatchObject([
    { topics: ['runs', 'tasks'], max_hz: 5 },
    { topics: ['runs'], max_hz: 5 },
    { topics: ['runs'], max_hz: 2 }
  ]);
});

test('disposed twice it is silent, and leaves no timer and no listener', () => {
  const { feed, wire, page } = setUp();
  feed.start();
  wire.last.break();
  feed.dispose();
  feed.dispose();

  expect(jest.getTimerCount()).toBe(0);
  expect(page.watchers).toBe(0);
  expect(wire.sockets.length).toBe(1);
});
