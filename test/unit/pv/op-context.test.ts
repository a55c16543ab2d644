import { describe, expect, it } from 'vitest';
import { localPeer, Operation, ReadOperation, WriteOperation } from '../../../src/pv/op-context.ts';

describe('Operation', () => {
  it('makes its signal when it is asked for, aborted if that happened before', () => {
    const early = new Operation(localPeer());
    const { signal } = early;
    expect(early.signal).toBe(signal);
    expect(signal.aborted).toBe(false);
    const reason = new Error('left');
    early.abort(reason);
    early.abort(new Error('again'));
    expect(signal.reason).toBe(reason);
    const late = new Operation(localPeer());
    late.abort(reason);
    expect(late.isAborted).toBe(true);
    expect(late.signal.reason).toBe(reason);
  });

  it('passes messages on', () => {
    const texts: string[] = [];
    const read = new ReadOperation('get', localPeer(), undefined, (level, text) =>
      texts.push(`${level} ${text}`),
    );
    read.message('warning', 'slow');
    expect(texts).toEqual(['warning slow']);
    new WriteOperation(localPeer(), true).message('info', 'nobody listens');
    expect(texts).toHaveLength(1);
  });

  it('says what it is for', () => {
    expect(new ReadOperation('monitor', localPeer()).reason).toBe('monitor');
    expect(new WriteOperation(localPeer('me'), true, 'never')).toMatchObject({
      wait: true,
      process: 'never',
      peer: { user: 'me', protocol: 'local' },
    });
    expect(localPeer().roles()).toEqual([]);
  });
});
