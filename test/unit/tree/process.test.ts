import { describe, expect, it } from 'vitest';
import { LocalVariable, Process, Root, type TreeConfig } from '../../../src/tree/index.ts';
import { captureLog } from './tree-helpers.ts';

const log = captureLog();

describe('Process', () => {
  it('T-25: runs its function with the argument, shows progress, and stores the result', async () => {
    const arg = new LocalVariable<number>({ name: 'Arg', value: 0 });
    const ret = new LocalVariable<number>({ name: 'Ret', value: 0 });
    const messages: string[] = [];
    const process = new Process({
      name: 'P',
      argVariable: arg,
      returnVariable: ret,
      function: async ({ dev, arg: value, root }) => {
        messages.push(dev.Message.value, String(dev.Running.value), root.name);
        await dev.setTotalSteps(4);
        await dev.incrementSteps(1);
        messages.push(dev.Progress.valueDisp);
        return Number(value) * 2;
      },
    });
    const root = new Root({ name: 'T' });
    root.add(process);
    await root.start();
    expect(process.Progress.valueDisp).toBe('1.00');
    await process.call(21);
    await process.untilDone();
    expect(messages).toStrictEqual(['Running', 'true', 'T', '0.25']);
    expect(ret.value).toBe(42);
    expect([process.Message.value, process.Progress.value, process.Running.value]).toStrictEqual([
      'Done',
      1,
      false,
    ]);
    await root.stop();
  });

  it('T-25: a failure shows in Message, a second start is a warning', async () => {
    const process = new Process({
      name: 'P',
      function: async () => {
        throw new Error('broken');
      },
    });
    const root = new Root({ name: 'T' });
    root.add(process);
    await root.start();
    await process.Start.call();
    await process.Start.call();
    expect(log.some(({ message }) => message.includes('already running'))).toBe(true);
    await process.untilDone();
    expect([process.Message.value, process.Running.value]).toStrictEqual(['Stopped after error!', false]);
    await root.stop();
  });

  it('T-25: Stop aborts the signal of the function', async () => {
    let reason = '';
    const process = new Process({
      name: 'P',
      function: async ({ signal }) => {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        reason = String(signal.reason);
      },
    });
    const root = new Root({ name: 'T' });
    root.add(process);
    await root.start();
    await process.call();
    await process.Stop.call();
    await process.untilDone();
    expect(reason).toBe('Error: process T.P was stopped');
    expect(process.Message.value).toBe('Done');
    await root.stop();
  });
});

describe('configuration processes', () => {
  const config: TreeConfig & { texts: string[] } = {
    texts: [],
    get: async () => 'T: {}',
    set: async (_root, text) => void config.texts.push(text),
    save: async (_root, { name }) => name ?? '',
    load: async () => {},
  };

  it('T-25: LoadConfigProcess from empty text shows the error', async () => {
    const root = await new Root({ name: 'T', config }).start();
    await root.LoadConfigProcess.LoadMode.setDisp('String');
    await root.LoadConfigProcess.call();
    await root.LoadConfigProcess.untilDone();
    expect(root.LoadConfigProcess.Message.value).toBe('Error: YamlString is empty');
    await root.LoadConfigProcess.YamlString.set('T: {a: 1}');
    await root.LoadConfigProcess.call();
    await root.LoadConfigProcess.untilDone();
    expect(root.LoadConfigProcess.Message.value).toBe('Done');
    expect(config.texts).toStrictEqual(['T: {a: 1}']);
    await root.stop();
  });

  it('13.2: SaveConfigProcess gives the text', async () => {
    const root = await new Root({ name: 'T', config }).start();
    await root.SaveConfigProcess.SaveMode.setDisp('String');
    await root.SaveConfigProcess.call();
    await root.SaveConfigProcess.untilDone();
    expect(root.SaveConfigProcess.YamlString.value).toBe('T: {}');
    await root.stop();
  });
});
