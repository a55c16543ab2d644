import { describe, expect, it } from 'vitest';
import { ntEnumType } from '../../../../src/nt/index.ts';
import { errorStatus } from '../../../../src/pva/core/index.ts';
import { structType, Value } from '../../../../src/pvdata/index.ts';
import { makeHarness } from './harness.ts';
import { scalar, scalarType } from './scripted-server.ts';

describe('put', () => {
  it('C-11: of a number is one round trip once the type is known, and writes "value" alone', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await h.settle(channel.put(3));
    await h.settle(channel.put('4.5'));
    expect(h.server.heard.slice(3)).toEqual(['PUT INIT 8', 'PUT value=3', 'PUT value=4.5']);
  });

  it('puts of one channel are sent in the order of the calls, one at a time', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await h.settle(Promise.all([channel.put(1), channel.put(2), channel.put(3)]));
    expect(h.server.heard.slice(3)).toEqual(['PUT INIT 8', 'PUT value=1', 'PUT value=2', 'PUT value=3']);
  });

  it('C-11, N-9: text for an enum fetches the choices first', async () => {
    const h = await makeHarness();
    h.server.type = ntEnumType();
    h.server.value = Value.from(h.server.type, { value: { index: 0, choices: ['Off', 'On'] } });
    await h.settle(h.client.put('x', 'On'));
    await h.settle(h.client.put('x', 0));
    expect(h.server.heard.slice(4)).toEqual(['PUT GET', 'PUT value.index=1', 'PUT value.index=0']);
  });

  it('a function gets the present value and its result is written', async () => {
    const h = await makeHarness();
    h.server.value = scalar(20);
    await h.settle(h.client.put('x', (present) => Number(present.get('value')) + 1));
    expect(h.server.heard.slice(4)).toEqual(['PUT GET', 'PUT value=21']);
  });

  it('a function that throws rejects its put and the next one goes on', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    const bad = h.rejection(
      channel.put(() => {
        throw new Error('no idea');
      }),
    );
    const good = h.settle(channel.put(2));
    expect((await bad).message).toBe('no idea');
    await good;
  });

  it('C-13: a field that the PV lacks is refused before anything is written', async () => {
    const h = await makeHarness();
    const error = await h.rejection(h.client.put('x', { valeu: 3 }));
    expect(error).toMatchObject({ code: 'EPICS_FIELD', pvName: 'x' });
    expect(error.message).toContain('put "x": no field "valeu"');
    expect(h.server.heard.at(-1)).toBe('PUT INIT 8');
  });

  it('C-13: process sends an empty mask with the process option', async () => {
    const h = await makeHarness();
    await h.settle(h.client.channel('x').process());
    expect(h.server.heard.slice(3)).toEqual(['PUT INIT 8', 'PUT ']);
    expect(h.server.requests[0]?.get('record._options.process')).toBe('true');
  });

  it.each([
    [{ wait: true }, { block: 'true', process: 'passive' }],
    [
      { wait: true, process: true },
      { block: 'true', process: 'true' },
    ],
    [{ process: false }, { block: 'false', process: 'false' }],
  ] as const)('C-12: options %o become options of the request', async (options, wanted) => {
    const h = await makeHarness();
    await h.settle(h.client.put('x', 1, options));
    expect(h.server.recordOptions(0)).toEqual(wanted);
  });

  it('putStruct of another type copies the marked fields by name', async () => {
    const h = await makeHarness();
    const other = Value.from(structType('', { value: 'int', extra: 'string' }), { value: 8 });
    await h.settle(h.client.channel('x').putStruct(other));
    expect(h.server.heard.at(-1)).toBe('PUT value=8');
  });

  it('an error of the server rejects with its text, and the operation stays usable', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    h.server.intercept = (line, session) => {
      if (line !== 'PUT value=1') return false;
      session.core.statusReply(11, h.server.lastIoid, 0, errorStatus('No write access'));
      return true;
    };
    const error = await h.rejection(channel.put(1));
    expect(error).toMatchObject({ code: 'EPICS_REMOTE', message: 'put "x": No write access', statusType: 2 });
    await h.settle(channel.put(2));
    expect(h.server.count('PUT INIT')).toBe(1);
  });

  it('C-2: a put that was sent is not repeated after a reconnect, one that was not is', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    h.server.intercept = (line) => line === 'PUT value=1';
    const first = h.rejection(channel.put(1));
    const second = channel.put(2);
    await h.until(() => h.server.count('PUT value=1') === 1);
    h.server.session.stream.destroy();
    expect(await first).toMatchObject({ code: 'EPICS_DISCONNECTED' });
    expect((await first).message).toContain('may have been done');
    await h.settle(second);
    expect(h.server.count('PUT value=1')).toBe(1);
    expect(h.server.heard.at(-1)).toBe('PUT value=2');
  });

  it('C-2: a put that was still fetching the present value is begun again', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    let isMute = true;
    h.server.intercept = (line) => line === 'PUT GET' && isMute;
    const put = channel.put(() => 9);
    await h.until(() => h.server.count('PUT GET') === 1);
    isMute = false;
    h.server.session.stream.destroy();
    await h.settle(put);
    expect(h.server.heard.at(-1)).toBe('PUT value=9');
  });

  it('C-3: a put that timed out is cancelled and destroyed, and those behind it are sent', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    h.server.intercept = (line) => line === 'PUT value=1';
    const first = h.rejection(channel.put(1, { timeoutMs: 200 }));
    const second = channel.put(2);
    expect((await first).message).toContain('timed out after 200 ms');
    await h.settle(second);
    expect(h.server.heard.slice(3)).toEqual([
      'PUT INIT 8',
      'PUT value=1',
      'CANCEL',
      'DESTROY',
      'PUT INIT 8',
      'PUT value=2',
    ]);
  });

  it('a put that is cancelled while it waits behind another is not sent', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    const controller = new AbortController();
    const first = channel.put(1);
    const second = h.rejection(channel.put(2, { signal: controller.signal }));
    const third = channel.put(3);
    controller.abort(new Error('no'));
    expect((await second).message).toBe('no');
    await h.settle(Promise.all([first, third]));
    expect(h.server.heard.slice(4)).toEqual(['PUT value=1', 'PUT value=3']);
  });

  it('a pvRequest that cannot be read rejects with EPICS_CONFIG', async () => {
    const h = await makeHarness();
    await expect(h.client.channel('x').put(1, { pvRequest: 'field(' })).rejects.toMatchObject({
      code: 'EPICS_CONFIG',
    });
    await expect(h.client.channel('x').getStruct({ pvRequest: 'field(' })).rejects.toMatchObject({
      code: 'EPICS_CONFIG',
    });
  });

  it('an array is shared with the put, not copied, and arrives whole', async () => {
    const h = await makeHarness();
    h.server.type = structType('epics:nt/NTScalarArray:1.0', { value: 'double[]' });
    await h.settle(
      h.client.put(
        'x',
        Float64Array.from({ length: 3 }, (_, i) => i),
      ),
    );
    expect(h.server.heard.at(-1)).toBe('PUT value=0,1,2');
    await h.settle(h.client.put('x', [4, 5]));
    expect(h.server.heard.at(-1)).toBe('PUT value=4,5');
    expect(scalarType.id).toBe('epics:nt/NTScalar:1.0');
  });
});
