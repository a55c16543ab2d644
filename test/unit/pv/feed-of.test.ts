import { describe, expect, it } from 'vitest';
import { type FeedSettings, feedOf } from '../../../src/pv/feed-of.ts';
import type { UpdateSink } from '../../../src/pv/index.ts';

function make(options: FeedSettings = {}) {
  const sinks: UpdateSink<number>[] = [];
  const given: object[] = [];
  let stopped = 0;
  const feed = feedOf<number, FeedSettings>(options, (sink, others) => {
    sinks.push(sink);
    given.push(others);
    return () => {
      stopped++;
    };
  });
  return { feed, sinks, given, stopped: () => stopped };
}

describe('feedOf', () => {
  it('yields the updates; a slow reader loses the oldest beyond queueSize', async () => {
    const { feed, sinks } = make({ queueSize: 2 });
    for (const value of [1, 2, 3]) sinks[0]?.update(value, 1);
    expect([await feed.next(), await feed.next()].map((step) => step.value)).toEqual([2, 3]);
    expect(feed.dropped).toBe(1);
  });

  it('stops the subscription once when the reader leaves or the signal aborts', async () => {
    const left = make();
    await left.feed.return();
    await left.feed.return();
    expect(left.stopped()).toBe(1);
    const abort = new AbortController();
    const aborted = make({ signal: abort.signal });
    abort.abort(new Error('enough'));
    expect(aborted.stopped()).toBe(1);
    await expect(aborted.feed.next()).rejects.toThrow('enough');
  });

  it('a subscription that closes ends the feed, with its reason as error', async () => {
    const ended = make();
    ended.sinks[0]?.close();
    expect(await ended.feed.next()).toEqual({ done: true, value: undefined });
    const failed = make();
    failed.sinks[0]?.close(new Error('gone'));
    await expect(failed.feed.next()).rejects.toThrow('gone');
  });

  it('passes the options on without the signal, and does not subscribe when that has aborted', () => {
    expect(make({ queueSize: 3, signal: new AbortController().signal }).given).toEqual([{ queueSize: 3 }]);
    const late = make({ signal: AbortSignal.abort(new Error('late')) });
    expect(late.sinks).toEqual([]);
    expect(late.feed.isEnded).toBe(true);
  });
});
