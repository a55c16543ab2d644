import { describe, expect, it } from 'vitest';
import { ProcessKeeper } from '../../../../src/ca/client/process-keeper.ts';
import { ManualClock } from '../../../../src/testing/index.ts';

function makeSocket(): { readonly calls: boolean[]; setKeepsProcess(on: boolean): void } {
  const calls: boolean[] = [];
  return { calls, setKeepsProcess: (on) => calls.push(on) };
}

describe('ProcessKeeper', () => {
  it('CA-C17: sockets keep the process only while something is pending', () => {
    const clock = new ManualClock();
    const keeper = new ProcessKeeper(clock, false);
    const socket = makeSocket();
    keeper.add(socket);
    const stop = keeper.hold();
    stop();
    stop();
    clock.runDeferred();
    expect(socket.calls).toEqual([false, true, false]);
  });

  it('call after call within a turn does not switch the sockets', () => {
    const clock = new ManualClock();
    const keeper = new ProcessKeeper(clock, false);
    const socket = makeSocket();
    keeper.add(socket);
    for (let i = 0; i < 10; i++) keeper.hold()();
    keeper.retain();
    clock.runDeferred();
    expect(socket.calls).toEqual([false, true]);
    keeper.release();
    clock.runDeferred();
    expect(socket.calls).toEqual([false, true, false]);
  });

  it('a socket that comes while something is pending keeps the process; one that was removed is left alone', () => {
    const clock = new ManualClock();
    const keeper = new ProcessKeeper(clock, false);
    keeper.retain();
    const socket = makeSocket();
    keeper.add(socket);
    keeper.remove(socket);
    keeper.release();
    clock.runDeferred();
    expect(socket.calls).toEqual([true]);
  });

  it('CA-C17: keepAlive keeps the process as long as there are sockets', () => {
    const clock = new ManualClock();
    const keeper = new ProcessKeeper(clock, true);
    const socket = makeSocket();
    keeper.add(socket);
    keeper.hold()();
    clock.runDeferred();
    expect(socket.calls).toEqual([true]);
  });
});
