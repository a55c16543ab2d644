import { describe, expect, it } from 'vitest';
import { makeStatusError } from '../../../../src/ca/client/operation.ts';
import { isEpicsError } from '../../../../src/util/index.ts';
import { makeSite, scripted } from './scripted-server.ts';

describe('makeStatusError', () => {
  it('E-2, CA-W38: tells what failed, the text of the status and its name', () => {
    expect(makeStatusError('get', 'X', 152, '').message).toBe(
      'get "X" failed: Channel read request failed (ECA_GETFAIL)',
    );
    expect(makeStatusError('put', 'X', 160, 'no').message).toBe(
      'put "X" failed: Channel write request failed: no (ECA_PUTFAIL)',
    );
  });

  it('E-4: access statuses become AccessError, others keep their code', () => {
    expect(isEpicsError(makeStatusError('get', 'X', 368, ''), 'EPICS_ACCESS')).toBe(true);
    expect(makeStatusError('put', 'X', 160, '')).toMatchObject({ eca: 160, pvName: 'X' });
  });
});

describe('Operation', () => {
  it('a reply of another kind rejects the call as a violation of the protocol', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.onGet = (connection, ioid) => {
      connection.core.writeNotifyReply(ioid, 6, 1, 1);
      return true;
    };
    await expect(site.settled(site.client.get('A'))).rejects.toThrow('answered as a write');
    site.server.onGet = (connection, ioid) => {
      connection.core.eventAddReply(ioid, 20, 1, 1, new Uint8Array(24));
      return true;
    };
    await expect(site.settled(site.client.get('A'))).rejects.toThrow('answered as a subscription');
    site.server.onGet = undefined;
    site.server.isMute.add('put');
    const put = site.client.put('A', 1, { wait: true });
    await site.until(() => site.server.log.some((line) => line.startsWith('put')));
    const connection = site.server.open[0];
    for (let ioid = 0; ioid < 4; ioid++) {
      for (const generation of [0, 1, 2, 3]) {
        connection?.send((core) =>
          core.readNotifyReply(((generation << 20) | ioid) >>> 0, 6, 1, 1, new Uint8Array(8)),
        );
      }
    }
    await expect(site.settled(put)).rejects.toThrow('answered as a read');
  });

  it('a time-out of a call that was sent says that there was no reply', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.isMute.add('put');
    await expect(site.settled(site.client.put('A', 1, { wait: true, timeoutMs: 1000 }))).rejects.toThrow(
      'put "A" timed out after 1000 ms (channel connected to 10.0.0.1:5064, no reply)',
    );
  });

  it('an infinite time limit waits for ever', async () => {
    const site = await makeSite();
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    site.client.get('A', { timeoutMs: Number.POSITIVE_INFINITY }).then(done, done);
    await site.pass(10_000_000);
    expect(isDone).toBe(false);
    site.server.pvs.set('A', scripted(1));
    await site.until(() => isDone, 400_000);
  });
});
