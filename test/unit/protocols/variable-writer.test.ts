import { describe, expect, it, onTestFinished } from 'vitest';
import { EnumCodec } from '../../../src/protocols/codec/enum-codec.ts';
import { IntCodec } from '../../../src/protocols/codec/number-codec.ts';
import { TextCodec } from '../../../src/protocols/codec/text-codec.ts';
import { VariableWriter } from '../../../src/protocols/variable-writer.ts';
import { localPeer, WriteOperation } from '../../../src/pv/index.ts';
import { type BaseVariable, LocalCommand, LocalVariable, type Node, Root } from '../../../src/tree/index.ts';
import type { Logger } from '../../../src/util/index.ts';
import { captureLog } from '../tree/tree-helpers.ts';

// The tree itself logs failed writes too.
captureLog();

const int = new IntCodec('int32');
const context = (): WriteOperation => new WriteOperation(localPeer(), true);

interface Bench {
  readonly writer: VariableWriter;
  readonly lines: string[];
  readonly published: unknown[];
  readonly root: Root;
}

/** A started tree with one node and a writer whose publications are noted. */
async function start<T extends Node & BaseVariable>(node: T, delivered?: Promise<void>): Promise<Bench> {
  const root = new Root({ name: 'Top', pollEn: false });
  root.add(node);
  onTestFinished(() => root.stop());
  await root.start();
  await root.waitOnUpdate();
  const lines: string[] = [];
  const note = ((_fields: unknown, message?: string) => lines.push(String(message))) as Logger['error'];
  const logger: Logger = {
    debug: note,
    info: note,
    warn: note,
    error: note,
    isLevelEnabled: () => true,
    child: () => logger,
  };
  const published: unknown[] = [];
  node.addListener((_path, { value }) => published.push(value));
  const writer = new VariableWriter({
    variable: node as BaseVariable,
    logger,
    published: () => delivered ?? root.waitOnUpdate(),
    publishNow: async () => void published.push((await node.getVariableValue({ read: false })).value),
    publishCount: () => published.length,
  });
  return { writer, lines, published, root };
}

describe('VariableWriter', () => {
  it('EPS-E-37 a put is done when its value was published, once', async () => {
    const { writer, published } = await start(new LocalVariable({ name: 'X', value: 0 }));
    await writer.write(int, 'zero-calls-without', { element: 'int32', value: 5 }, context());
    expect(published).toEqual([5]);
  });

  it('EPS-E-37 a put waits until the updates of the tree are delivered', async () => {
    let deliver = (): void => {};
    const delivered = new Promise<void>((resolve) => {
      deliver = resolve;
    });
    const { writer, root } = await start(new LocalVariable({ name: 'X', value: 0 }), delivered);
    let isDone = false;
    const put = writer
      .write(int, 'zero-calls-without', { element: 'int32', value: 5 }, context())
      .then(() => {
        isDone = true;
      });
    await root.waitOnUpdate();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    deliver();
    await put;
    expect(isDone).toBe(true);
  });

  it('publishes by itself when the tree says nothing', async () => {
    const { writer, published } = await start(
      new LocalVariable({ name: 'X', value: 0, updateNotify: false }),
    );
    await writer.write(int, 'zero-calls-without', { element: 'int32', value: 5 }, context());
    expect(published).toEqual([5]);
  });

  it('EPS-E-38 a failed put is logged, and publishes nothing', async () => {
    const { writer, published, lines } = await start(new LocalVariable({ name: 'X', value: 1, maximum: 3 }));
    const put = writer.write(int, 'zero-calls-without', { element: 'int32', value: 5 }, context());
    await expect(put).rejects.toThrow(/Value range error/);
    expect(published).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/^Got error on put: Value range error/)]);
  });

  it('what cannot be converted never reaches the variable', async () => {
    const { writer, published, lines } = await start(new LocalVariable({ name: 'X', value: 1 }));
    await expect(
      writer.write(int, 'zero-calls-without', { element: 'string', value: 'abc' }, context()),
    ).rejects.toThrow(/abc/);
    expect([published, lines.length]).toEqual([[], 1]);
  });

  it('texts go through setDisp', async () => {
    const node = new LocalVariable({ name: 'X', value: [1] });
    const { writer } = await start(node);
    await writer.write(
      new TextCodec(40),
      'zero-calls-without',
      { element: 'string', value: '[4, 5]' },
      context(),
    );
    expect(node.value).toEqual([4, 5]);
  });

  it('EPS-E-39 puts run one at a time, in order', async () => {
    const order: string[] = [];
    const { writer } = await start(
      new LocalVariable({
        name: 'X',
        value: 0,
        localSet: async (value) => {
          order.push(`begin ${String(value)}`);
          await Promise.resolve();
          order.push(`end ${String(value)}`);
        },
      }),
    );
    order.length = 0;
    await Promise.all(
      [1, 2].map((value) => writer.write(int, 'zero-calls-without', { element: 'int32', value }, context())),
    );
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('EPS-E-63 puts after close are refused', async () => {
    const { writer, lines } = await start(new LocalVariable({ name: 'X', value: 0 }));
    writer.close();
    await expect(
      writer.write(int, 'zero-calls-without', { element: 'int32', value: 1 }, context()),
    ).rejects.toThrow(/cancelled/);
    expect(lines).toHaveLength(1);
  });
});

describe('commands', () => {
  const command = (calls: unknown[], options: object = {}): LocalCommand<unknown, unknown> =>
    new LocalCommand<unknown, unknown>({
      name: 'C',
      value: 3,
      function: ({ given }) => void calls.push(given),
      ...options,
    });

  it('EPS-E-41 0 calls without argument, anything else with it', async () => {
    const calls: unknown[] = [];
    const { writer } = await start(command(calls));
    for (const value of [7, 0]) {
      await writer.write(int, 'zero-calls-without', { element: 'int32', value }, context());
    }
    expect(calls).toEqual([7, undefined]);
  });

  it('EPS-E-45 by the other rule 0 is an argument', async () => {
    const calls: unknown[] = [];
    const { writer } = await start(command(calls));
    await writer.write(int, 'value-always-passed', { element: 'int32', value: 0 }, context());
    expect(calls).toEqual([0]);
  });

  it('EPS-E-47 the first label calls without argument', async () => {
    const calls: unknown[] = [];
    const enumeration = [
      [5, 'In'],
      [6, 'Out'],
    ] as const;
    const { writer } = await start(command(calls, { value: 5, enum: enumeration }));
    const codec = new EnumCodec(['In', 'Out'], [5, 6]);
    for (const value of [1, 0])
      await writer.write(codec, 'zero-calls-without', { element: 'enum', value }, context());
    expect(calls).toEqual([6, undefined]);
  });

  it('EPS-E-43 a disabled device only warns', async () => {
    const calls: unknown[] = [];
    const { writer, lines, root } = await start(command(calls));
    await root.enable.set(false);
    await writer.write(int, 'zero-calls-without', { element: 'int32', value: 1 }, context());
    expect([calls, lines]).toEqual([[], [expect.stringContaining('Top.C not executed')]]);
  });

  it('call refuses variables', async () => {
    const { writer } = await start(new LocalVariable({ name: 'X', value: 0 }));
    await expect(writer.call(1)).rejects.toThrow('Top.X is no command');
  });
});
