import { describe, expectTypeOf, test } from 'vitest';
import type { SoftIoc } from '../../src/ioc/index.ts';
import { EpicsPvServer, type EpicsPvServerOptions } from '../../src/protocols/epicsV7/index.ts';
import {
  type BaseVariable,
  Bool,
  Device,
  Double,
  Float,
  type Integer,
  LinkVariable,
  LocalCommand,
  LocalVariable,
  type ManagedInterface,
  RemoteVariable,
  Root,
  UInt,
} from '../../src/tree/index.ts';

class Magnet extends Device {
  readonly Current = this.add(new LocalVariable({ name: 'Current', value: 1.5, units: 'A' }));
  readonly Label = this.add(new LocalVariable({ name: 'Label', value: 'main' }));
  readonly Register = this.add(new RemoteVariable({ name: 'Register', offset: 0, bitSize: 12, base: UInt }));
  readonly Gain = this.add(new RemoteVariable({ name: 'Gain', offset: 4, bitSize: 32, base: Float }));
  readonly Fine = this.add(new RemoteVariable({ name: 'Fine', offset: 16, bitSize: 64, base: Double }));
  readonly On = this.add(new RemoteVariable({ name: 'On', offset: 8, bitSize: 1, base: Bool }));
  readonly Power = this.add(
    new LinkVariable<number>({ name: 'Power', linkedGet: async () => (await this.Current.get()) * 2 }),
  );
  readonly Ramp = this.add(
    new LocalCommand({ name: 'Ramp', value: 0.5, function: ({ arg }): string => `to ${arg.toFixed(1)}` }),
  );
}

describe('the device tree knows the types of its variables', () => {
  test('local variables take theirs from the value', () => {
    expectTypeOf<Magnet['Current']>().toEqualTypeOf<LocalVariable<number>>();
    expectTypeOf<Magnet['Label']>().toEqualTypeOf<LocalVariable<string>>();
    expectTypeOf<Magnet['Current']['value']>().toEqualTypeOf<number>();
  });

  test('remote variables take theirs from the model', () => {
    expectTypeOf<Magnet['Register']>().toEqualTypeOf<RemoteVariable<Integer>>();
    expectTypeOf<Magnet['Gain']>().toEqualTypeOf<RemoteVariable<number>>();
    expectTypeOf<Magnet['Fine']>().toEqualTypeOf<RemoteVariable<number>>();
    expectTypeOf<Magnet['On']>().toEqualTypeOf<RemoteVariable<boolean>>();
  });

  test('get, set and commands are checked', () => {
    expectTypeOf<Magnet['Power']>().toExtend<BaseVariable<number>>();
    expectTypeOf<Awaited<ReturnType<Magnet['Current']['get']>>>().toEqualTypeOf<number>();
    expectTypeOf<Magnet['Current']['set']>().parameter(0).toEqualTypeOf<number>();
    expectTypeOf<Magnet['Ramp']['call']>().returns.resolves.toEqualTypeOf<string | null>();
    const wrong = (magnet: Magnet): Promise<unknown> => {
      // @ts-expect-error a text is no number
      return Promise.resolve(magnet.Current.set('many'));
    };
    expectTypeOf(wrong).toBeFunction();
  });

  test('add returns what it is given', () => {
    expectTypeOf<Magnet['add']>().toBeCallableWith(new Device({ name: 'Sub' }));
    expectTypeOf<Root>().toExtend<Device>();
    expectTypeOf<Root['start']>().returns.resolves.toExtend<Root>();
  });
});

describe('EPS-API EpicsPvServer', () => {
  test('needs a base and a root; the rest is optional', () => {
    expectTypeOf<EpicsPvServer>().toExtend<ManagedInterface>();
    expectTypeOf(EpicsPvServer).toBeConstructibleWith({ base: 'X', root: {} as Root });
    expectTypeOf(EpicsPvServer).toBeConstructibleWith({
      base: 'X',
      root: {} as Root,
      incGroups: null,
      excGroups: ['NoServe'],
      pvMap: null,
      ca: false,
      ioc: {} as SoftIoc,
    });
    // @ts-expect-error base is missing
    expectTypeOf(EpicsPvServer).toBeConstructibleWith({ root: {} as Root });
    // @ts-expect-error no such record rule
    expectTypeOf(EpicsPvServer).toBeConstructibleWith({ base: 'X', root: {} as Root, commandRecords: 'any' });
  });

  test('its options are read-only and typed', () => {
    expectTypeOf<EpicsPvServerOptions['root']>().toEqualTypeOf<Root>();
    expectTypeOf<EpicsPvServerOptions['base']>().toEqualTypeOf<string>();
    expectTypeOf<EpicsPvServerOptions['asg']>().toEqualTypeOf<
      ((variable: BaseVariable) => string) | undefined
    >();
    expectTypeOf<EpicsPvServer['ioc']>().toEqualTypeOf<SoftIoc | undefined>();
  });
});
