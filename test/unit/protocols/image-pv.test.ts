import { describe, expect, it } from 'vitest';
import { makeNdArray, readNdArray } from '../../../src/nt/index.ts';
import { ImagePv, type ImagePvOptions } from '../../../src/protocols/image-pv.ts';
import {
  localPeer,
  makeAlarm,
  makeTimeStamp,
  noAlarm,
  type Peer,
  ReadOperation,
  Rights,
  type ScalarWrite,
  WriteOperation,
} from '../../../src/pv/index.ts';
import { Value } from '../../../src/pvdata/index.ts';
import { servedPvContract } from '../../../src/testing/index.ts';

const time = makeTimeStamp(1000, 5);
const context = { peer: localPeer(), mask: 15, pvRequest: undefined };
const read = (pv: ImagePv): Value => pv.read(new ReadOperation('get', localPeer()));

function make(options: Partial<ImagePvOptions> = {}): ImagePv {
  return new ImagePv({
    name: 'IMAGE',
    shape: [2, 3],
    initial: { value: Uint8Array.of(1, 2, 3, 4, 5, 6), alarm: noAlarm, time },
    refusal: 'not here',
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
}

const contentOf = (data: unknown): unknown =>
  data instanceof Value ? [...(readNdArray(data).data as Uint8Array)] : undefined;

for (const { name, run } of servedPvContract(() => {
  const pv: ImagePv = make({ write: (write) => pv.publish(write.value ?? 0, noAlarm, time) });
  const image = (n: number): number[] => [n, n, n, n, n, n];
  return {
    pv,
    change: (n) => pv.publish(Uint8Array.from(image(n)), noAlarm, time),
    expected: image,
    contentOf,
    put: {
      write: makeNdArray(Uint8Array.from(image(77)), { sizes: [3, 2] }),
      expected: image(77),
    },
    badPut: makeNdArray(Uint8Array.from(image(78)), { sizes: [2, 3] }),
    close: () => pv.close(),
  };
})) {
  it(`A-16 ImagePv: ${name}`, run);
}

describe('ImagePv', () => {
  it('EPS-E-53 has the axes of the variable, the fastest first, alarm and time', () => {
    const pv = make({
      initial: { value: Uint8Array.of(1, 2, 3, 4, 5, 6), alarm: makeAlarm(3, 9, 'bus', 9), time },
    });
    const value = read(pv);
    expect(readNdArray(value).dimensions.map(({ size }) => size)).toEqual([3, 2]);
    expect(value.toObject()).toMatchObject({
      alarm: { severity: 3, status: 9, message: 'bus' },
      timeStamp: { secondsPastEpoch: 1000, nanoseconds: 5 },
    });
    expect(value.get('uncompressedSize')).toBe(6n);
    expect(value.isMarked('codec.name')).toBe(true);
  });

  it('shows an array of another size as one axis', () => {
    const pv = make();
    pv.publish(Uint8Array.of(1, 2), noAlarm, time);
    expect(readNdArray(read(pv)).dimensions.map(({ size }) => size)).toEqual([2]);
    pv.publish(0, noAlarm, time);
    expect(readNdArray(read(pv)).data).toEqual(new Float64Array(0));
  });

  it.each([
    [[4, 5], 'mono'],
    [[4, 5, 3], 'rgb1'],
    [[4, 3, 5], 'rgb2'],
    [[3, 4, 5], 'rgb3'],
    [[4, 4, 5], 'mono'],
  ])('shape %j is %s', (shape, mode) => {
    const data = new Uint8Array(shape.reduce((product, n) => product * n, 1));
    const pv = make({ shape, initial: { value: data, alarm: noAlarm, time } });
    expect(readNdArray(read(pv)).colorMode).toBe(mode);
  });

  it('marks in an update what changes with each', () => {
    const pv = make();
    const updates: Value[] = [];
    pv.monitor({ update: (data) => updates.push(data), close: () => {} }, context);
    pv.publish(Uint8Array.of(6, 5, 4, 3, 2, 1), noAlarm, time);
    expect(updates[0]?.isMarked('codec.name')).toBe(true);
    const [, second] = updates;
    expect(['value', 'timeStamp', 'alarm', 'dimension'].map((path) => second?.isMarked(path))).toEqual(
      Array(4).fill(true),
    );
    expect([second?.isMarked('codec'), second?.isMarked('attribute')]).toEqual([false, false]);
    expect(second?.get('uniqueId')).toBe(1);
    expect(readNdArray(second as Value).data).toEqual(Uint8Array.of(6, 5, 4, 3, 2, 1));
  });

  it('EPS-5 takes the elements of a put, also without axes', async () => {
    const writes: ScalarWrite[] = [];
    const pv = make({ write: (write) => void writes.push(write) });
    const operation = new WriteOperation(localPeer(), true);
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    await pv.write(makeNdArray(data), operation);
    await pv.write(new Value(pv.type.desc).set('value', data), operation);
    expect(writes).toEqual([
      { element: 'float32', value: data },
      { element: 'float32', value: data },
    ]);
    expect(() => pv.write(new Value(pv.type.desc).set('uniqueId', 3), operation)).toThrow(/no elements/);
    expect(() => pv.write(makeNdArray(data, { sizes: [2, 3] }), operation)).toThrow(/axes 2 × 3.* 3 × 2/);
    expect(() => pv.write(makeNdArray(data, { sizes: [3, 2, 1] }), operation)).toThrow(/axes/);
  });

  it('EPS-E-35 without write it refuses in its own words', () => {
    const pv = make();
    expect(() => pv.write(makeNdArray(new Uint8Array(6)), new WriteOperation(localPeer(), true))).toThrow(
      'not here',
    );
    const peer: Peer = { ...localPeer(), protocol: 'pva' };
    expect([pv.rights(localPeer()), pv.rights(peer)]).toEqual([Rights.Read, Rights.ReadWrite]);
  });
});
