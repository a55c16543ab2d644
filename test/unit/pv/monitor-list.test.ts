import { describe, expect, it } from 'vitest';
import { MonitorList } from '../../../src/pv/monitor-list.ts';

const sink = (seen: unknown[], name = '') => ({
  update: (data: number) => void seen.push(`${name}${data}`),
  close: (reason?: Error) => void seen.push(`${name}closed ${reason?.message ?? ''}`),
});

describe('MonitorList', () => {
  it('gives the first state at once when there is one', () => {
    const list = new MonitorList<number>();
    const seen: unknown[] = [];
    list.add(sink(seen, 'a'), 0);
    list.add(sink(seen, 'b'));
    list.post(1, 1);
    expect(seen).toEqual(['a0', 'a1', 'b1']);
    expect(list.size).toBe(2);
  });

  it('keeps post order for all sinks when one posts from inside its update', () => {
    const list = new MonitorList<number>();
    const seen: unknown[] = [];
    list.add({ update: (data) => data < 3 && list.post(data + 1, 1), close: () => {} });
    list.add(sink(seen));
    list.post(1, 1);
    expect(seen).toEqual(['1', '2', '3']);
  });

  it('leaves out a sink that stops while others are told', () => {
    const list = new MonitorList<number>();
    const seen: unknown[] = [];
    let stop = (): void => {};
    list.add({ update: () => stop(), close: () => {} });
    let stops = 0;
    stop = list.add(sink(seen), undefined, () => stops++);
    list.post(1, 1);
    stop();
    expect(seen).toEqual([]);
    expect(stops).toBe(1);
  });

  it('does not give a sink that joins during a post that post', () => {
    const list = new MonitorList<number>();
    const seen: unknown[] = [];
    list.add({ update: (data) => data === 1 && void list.add(sink(seen), 10), close: () => {} });
    list.post(1, 1);
    list.post(2, 1);
    expect(seen).toEqual(['10', '2']);
  });

  it('closes each sink once and forgets it', () => {
    const list = new MonitorList<number>();
    const seen: unknown[] = [];
    const stop = list.add(sink(seen));
    list.close(new Error('gone'));
    list.close();
    list.post(1, 1);
    stop();
    expect(seen).toEqual(['closed gone']);
  });

  it('drops what waits when a sink throws, and works on', () => {
    const list = new MonitorList<number>();
    const seen: unknown[] = [];
    list.add({
      update: (data) => {
        if (data === 1) {
          list.post(9, 1);
          throw new Error('bug');
        }
      },
      close: () => {},
    });
    list.add(sink(seen));
    expect(() => list.post(1, 1)).toThrow('bug');
    list.post(2, 1);
    expect(seen).toEqual(['2']);
  });
});
