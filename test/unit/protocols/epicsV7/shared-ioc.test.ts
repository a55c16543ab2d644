import { expect, it, onTestFinished } from 'vitest';
import { leaseSharedIoc } from '../../../../src/protocols/epicsV7/shared-ioc.ts';

const settings = {
  ca: { intfAddrList: ['127.0.0.1'], serverPort: 0, searchPort: 0 },
  pva: { intfAddrList: ['127.0.0.1'], serverPort: 0, broadcastPort: 0 },
};

it('EPS-E-64 all get one IOC, which the last one closes', async () => {
  const one = leaseSharedIoc(settings);
  const two = leaseSharedIoc({ pva: { ...settings.pva }, ca: { ...settings.ca } });
  const three = leaseSharedIoc({});
  expect([two.ioc, three.ioc]).toEqual([one.ioc, one.ioc]);
  await one.release();
  await one.release();
  await two.release();
  const four = leaseSharedIoc({});
  expect(four.ioc).toBe(one.ioc);
  await three.release();
  await four.release();
  await expect(one.ioc.start()).rejects.toThrow('the IOC was closed');
  const next = leaseSharedIoc(settings);
  onTestFinished(() => next.release());
  expect(next.ioc).not.toBe(one.ioc);
});

it('EPS-E-66 other options are refused while it lives', async () => {
  const one = leaseSharedIoc(settings);
  expect(() => leaseSharedIoc({ ...settings, pva: { ...settings.pva, beaconPeriod: 3 } })).toThrow(
    /runs with other options/,
  );
  await one.release();
  const other = leaseSharedIoc({ ca: false });
  expect(other.ioc.ca).toBeUndefined();
  await other.release();
});
