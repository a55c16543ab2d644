import { describe, expect, it } from 'vitest';
import {
  ecaToError,
  errorToEca,
  errorToStatus,
  StatusType,
  statusToError,
} from '../../../src/pv/error-map.ts';
import {
  AccessError,
  ClosedError,
  ConfigError,
  ConversionError,
  DisconnectedError,
  EpicsError,
  EpicsErrorCode,
  FieldError,
  InternalError,
  LimitError,
  NotFoundError,
  ProtocolError,
  ProtocolMisuseError,
  RemoteError,
  TimeoutError,
  TypeMismatchError,
} from '../../../src/util/index.ts';

describe('error map (ARC-E-4)', () => {
  it('has a CA status for every code', () => {
    const eca = Object.fromEntries(
      Object.values(EpicsErrorCode).map((code) => [code, errorToEca(new EpicsError(code, 'x'))]),
    );
    expect(eca).toEqual({
      EPICS_TIMEOUT: 80,
      EPICS_DISCONNECTED: 192,
      EPICS_CLOSED: 192,
      EPICS_NOT_FOUND: 160,
      EPICS_REMOTE: 160,
      EPICS_ACCESS: 376,
      EPICS_TYPE: 114,
      EPICS_CONVERT: 160,
      EPICS_FIELD: 160,
      EPICS_PROTOCOL: 142,
      EPICS_MISUSE: 142,
      EPICS_LIMIT: 72,
      EPICS_CONFIG: 160,
      EPICS_INTERNAL: 142,
    });
  });

  it('has a PVA status for every code', () => {
    const fatal = Object.values(EpicsErrorCode).filter(
      (code) => errorToStatus(new EpicsError(code, 'x')).type === StatusType.Fatal,
    );
    expect(fatal).toEqual([EpicsErrorCode.Misuse, EpicsErrorCode.Internal]);
    for (const code of Object.values(EpicsErrorCode)) {
      expect(errorToStatus(new EpicsError(code, 'why')).message).toBe('why');
    }
  });

  it('takes the read status for failed reads', () => {
    expect(errorToEca(new ConversionError('x'), 'read')).toBe(152);
    expect(errorToEca(new Error('x'), 'read')).toBe(152);
    expect(errorToEca(new AccessError('x', 'read'))).toBe(368);
    expect(errorToEca(new AccessError('x', 'write'), 'read')).toBe(376);
  });

  it('takes ECA_PUTFAIL for anything unknown (CA-V21)', () => {
    expect(errorToEca(new Error('x'))).toBe(160);
    expect(errorToEca('thrown text')).toBe(160);
    expect(errorToEca(undefined)).toBe(160);
    expect(errorToStatus('thrown text')).toEqual({ type: 2, message: 'thrown text', stack: '' });
  });

  it('passes the status of another server on', () => {
    expect(errorToEca(new RemoteError('x', { eca: 424 }))).toBe(424);
    const remote = new RemoteError('broken', { statusType: 3, remoteStack: 'at a()' });
    expect(errorToStatus(remote)).toEqual({ type: 3, message: 'broken', stack: 'at a()' });
    expect(errorToStatus(new RemoteError('x', { eca: 424 }))).toEqual({ type: 2, message: 'x', stack: '' });
  });

  it('never shows our own stack to clients', () => {
    expect(errorToStatus(new InternalError('bug')).stack).toBe('');
    expect(errorToStatus(new Error('user code')).stack).toBe('');
  });

  it('makes errors of a CA status and back', () => {
    for (const eca of [72, 80, 114, 142, 152, 160, 192, 368, 376, 400, 99_999]) {
      const error = ecaToError(eca, 'text', 'PV');
      expect(errorToEca(error)).toBe(eca);
      expect(error.pvName).toBe('PV');
    }
    expect(ecaToError(376, 'no')).toBeInstanceOf(AccessError);
    expect(ecaToError(160, 'no')).toBeInstanceOf(RemoteError);
  });

  it('makes errors of a PVA status and back', () => {
    const status = { type: StatusType.Fatal, message: 'm', stack: 's' };
    expect(errorToStatus(statusToError(status, 'PV'))).toEqual(status);
    expect(statusToError(status, 'PV').pvName).toBe('PV');
    expect(statusToError({ type: 2, message: '', stack: '' }).message).not.toBe('');
  });

  it('knows the classes', () => {
    const errors = [
      new TimeoutError('x'),
      new DisconnectedError('x'),
      new ClosedError('x'),
      new NotFoundError('x'),
      new TypeMismatchError('x'),
      new FieldError('x', 'p'),
      new ProtocolError('x'),
      new ProtocolMisuseError('x'),
      new LimitError('x'),
      new ConfigError('x'),
    ];
    for (const error of errors) expect(errorToEca(error)).toBe(errorToEca(new EpicsError(error.code, 'x')));
  });
});
