import { describe, expect, it } from 'vitest';
import { type FeedOptions, MonitorFeed } from '../../../../src/pva/client/feed.ts';

function make(options: Partial<FeedOptions<number>> = {}) {
  const log: string[] = [];
  const feed = new MonitorFeed<number>({
    capacity: 2,
    merge: (older, newer) => older * 10 + newer,
    onTaken: (count) => log.push(`taken ${count}`),
    onEnd: () => log.push('end'),
    ...options,
  });
  return { feed, log };
}

describe('MonitorFeed', () => {
  it('yields items in order, also to calls of next that came before them', async () => {
    const { feed, log } = make();
    const early = [feed.next(), feed.next()];
    feed.push(1);
    feed.push(2);
    feed.push(3);
    expect(await Promise.all(early)).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
    ]);
    expect(await feed.next()).toEqual({ done: false, value: 3 });
    expect(log).toEqual(['taken 1', 'taken 1', 'taken 1']);
  });

  it('D-23: merges into the newest item when it is full, counts that, and never grows', async () => {
    const { feed } = make();
    for (let i = 1; i <= 5; i++) feed.push(i);
    expect([feed.length, feed.dropped, feed.maxLength]).toEqual([2, 3, 2]);
    expect((await feed.next()).value).toBe(1);
    expect((await feed.next()).value).toBe(2345);
  });

  it('items that cannot be merged may exceed the capacity, up to a limit', () => {
    const { feed } = make({ merge: () => undefined });
    for (let i = 0; i < 1000; i++) feed.push(i);
    expect(feed.length).toBe(66);
  });

  it('end gives what is there first; later items are ignored', async () => {
    const { feed, log } = make();
    feed.push(1);
    feed.end();
    feed.end();
    feed.push(2);
    expect(await feed.next()).toEqual({ done: false, value: 1 });
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    expect(log.filter((line) => line === 'end')).toEqual(['end']);
  });

  it('fail throws once after what is there, then the feed is done', async () => {
    const { feed } = make();
    feed.push(1);
    feed.fail(new Error('lost'));
    expect(await feed.next()).toEqual({ done: false, value: 1 });
    await expect(feed.next()).rejects.toThrow('lost');
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it('fail rejects the first of the calls that wait and ends the others', async () => {
    const { feed } = make();
    const [first, second] = [feed.next(), feed.next()];
    feed.fail(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    expect(await second).toEqual({ done: true, value: undefined });
  });

  it('break ends the feed and drops what is there', async () => {
    const { feed, log } = make();
    feed.push(1);
    feed.push(2);
    for await (const item of feed) {
      expect(item).toBe(1);
      break;
    }
    expect([feed.isEnded, feed.length, log.at(-1)]).toEqual([true, 0, 'end']);
  });

  it('the signal fails the feed with its reason', async () => {
    const controller = new AbortController();
    const { feed } = make({ signal: controller.signal });
    const pending = feed.next();
    controller.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  it('batches yields all that is there, and reports it as taken', async () => {
    const { feed, log } = make({ capacity: 10 });
    for (let i = 1; i <= 3; i++) feed.push(i);
    const batches = feed.batches();
    expect((await batches.next()).value).toEqual([1, 2, 3]);
    expect(log).toEqual(['taken 1', 'taken 2']);
    feed.end();
    expect((await batches.next()).done).toBe(true);
  });

  it('whenEnded is told at the end, or at once when it has ended', async () => {
    const { feed } = make();
    const log: string[] = [];
    feed.whenEnded(() => log.push('a'));
    await feed.return();
    feed.whenEnded(() => log.push('b'));
    expect(log).toEqual(['a', 'b']);
  });
});
