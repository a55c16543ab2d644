import { type Deadlines, noStop, type Stop, TimeoutError, toError } from '../util/index.ts';
import type { CallOptions } from './client.ts';
import type { Operation } from './op-context.ts';

/**
 * The result of an operation within the caller's limits: rejects with the signal's reason when it aborts, or after
 * the time-out, and tells the operation so. Nothing is begun when the signal has aborted already.
 *
 * @param begin starts the operation; what it puts off it asks `isOver` about before it goes on.
 * @param what names the call in the message of the time-out, such as `get "PV"`.
 * @throws {TimeoutError} EPICS_TIMEOUT.
 */
export function withLimits<T>(
  what: string,
  options: CallOptions,
  deadlines: Deadlines,
  begin: (isOver: () => boolean) => Promise<T>,
  operation?: Operation,
): Promise<T> {
  const { signal, timeoutMs } = options;
  if (signal?.aborted === true) return Promise.reject(toError(signal.reason));
  if (signal === undefined && timeoutMs === undefined) return begin(() => false);
  return new Promise<T>((resolve, reject) => {
    let stopTimer: Stop = noStop;
    let isOver = false;
    const release = (): void => {
      isOver = true;
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error): void => {
      release();
      operation?.abort(error);
      reject(error);
    };
    const onAbort = (): void => fail(toError(signal?.reason));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined) {
      stopTimer = deadlines.after(timeoutMs, () =>
        fail(new TimeoutError(`${what} timed out after ${timeoutMs} ms`)),
      );
    }
    begin(() => isOver).then(
      (result) => {
        release();
        resolve(result);
      },
      (error: unknown) => {
        release();
        reject(toError(error));
      },
    );
  });
}
