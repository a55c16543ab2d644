import { AsyncFeed, noStop, type Stop } from '../util/index.ts';
import type { UpdateSink } from './source.ts';

/** What a feed is made with. */
export interface FeedSettings {
  /** Updates kept for the consumer; beyond it the oldest go. Default 64. */
  readonly queueSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * The updates of a subscription as async iterator, which ends the subscription when it ends.
 *
 * @param subscribe starts the subscription, with the options but the signal; not called when the signal has aborted already.
 */
export function feedOf<D, O extends FeedSettings>(
  options: O,
  subscribe: (sink: UpdateSink<D>, options: Omit<O, 'signal'>) => Stop,
): AsyncFeed<D> {
  const { signal, ...others } = options;
  let stop: Stop = noStop;
  const feed = new AsyncFeed<D>({
    capacity: options.queueSize ?? 64,
    signal,
    onEnd: () => stop(),
  });
  if (feed.isEnded) return feed;
  stop = subscribe(
    {
      update: (data) => feed.push(data),
      close: (reason) => (reason === undefined ? feed.end() : feed.fail(reason)),
    },
    others,
  );
  return feed;
}
