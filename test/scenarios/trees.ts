import {
  Device,
  type DeviceOptions,
  Emulate,
  float,
  LocalCommand,
  LocalVariable,
  type Node,
  RemoteVariable,
  Root,
  type RootOptions,
} from '../../src/tree/index.ts';

/** The variables and commands that PyRogue's own test of the V7 server has, by the same names. */
export class SimpleDev extends Device {
  /** What the read-only, polled variable reads. */
  roSource = 0;

  constructor(options: DeviceOptions) {
    super(options);
    const local = <T>(name: string, value: T, extra: object = {}): LocalVariable =>
      new LocalVariable({ name, value: value as unknown, ...extra });
    const typed = (typeStr: string): LocalVariable => local(`LocalRw${typeStr}`, 0, { typeStr });
    const rwInt = local('LocalRwInt', 0);
    this.add([
      rwInt,
      local('LocalWoInt', 0, { mode: 'WO' }),
      local('LocalRwFloat', float(0)),
      typed('Int64'),
      typed('UInt64'),
      local('LocalRwString', '', { typeStr: 'str' }),
      local('LocalRwBool', false, { typeStr: 'Bool' }),
      local('LocalRwEnum', 0, {
        enum: [
          [0, 'Off'],
          [1, 'On'],
          [2, 'Auto'],
        ],
      }),
      ...['UInt8', 'UInt16', 'UInt32', 'Int8', 'Int16', 'Int32'].map(typed),
      local('LocalRwFloat32', float(0), { typeStr: 'Float32' }),
      local('LocalRwFloat64', float(0), { typeStr: 'Float64' }),
      local('LocalRwArray', Float64Array.of(1, 2, 3, 4, 5)),
      new LocalCommand({ name: 'ResetLocalRwInt', function: () => rwInt.set(0) }),
      new LocalCommand({ name: 'SetLocalRwInt', hasArg: true, function: ({ arg }) => rwInt.set(arg) }),
      new RemoteVariable({ name: 'RemoteRwInt', offset: 0, value: 0 }),
      new RemoteVariable({ name: 'RemoteWoInt', offset: 4, value: 0, mode: 'WO' }),
      new LocalVariable({
        name: 'LocalRoInt',
        mode: 'RO',
        value: 0,
        pollInterval: 0.5,
        localGet: () => this.roSource,
      }),
      local('LocalRwList', [1, 2, 3]),
      local('LocalRwDict', { a: 1, b: 2 }),
    ]);
  }
}

/** Variables whose PV names are longer than a record name may be, and one whose name is not. */
export class LongNameSubDev extends Device {
  constructor(options: DeviceOptions) {
    super(options);
    this.add([
      new LocalVariable({ name: 'ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit', value: 0 }),
      new LocalVariable({ name: 'AnotherExtremelyLongVariableNameForTestingHashBehavior', value: 3.14 }),
      new LocalVariable({ name: 'ShortVar', value: 42 }),
      new LocalVariable({
        name: 'ThisIsAVeryLongBoolVariableNameForTestingBoolPvaType',
        value: false,
        typeStr: 'Bool',
      }),
      new LocalVariable({
        name: 'ThisIsAVeryLongUInt32VariableNameThatExceedsSixtyCharLimit',
        value: 0,
        typeStr: 'UInt32',
      }),
      new LocalVariable({
        name: 'AlarmTestFloatWithUnitsAndThresholds',
        value: float(0),
        typeStr: 'Float64',
        units: 'volts',
        minimum: 0,
        maximum: 10,
        lowAlarm: 1,
        lowWarning: 2,
        highWarning: 8,
        highAlarm: 9,
      }),
    ]);
  }
}

/** The tree of PyRogue's test, over an emulated memory. */
export class LocalRoot extends Root {
  readonly mem: Emulate = new Emulate({ min: 4, max: 0x1000 });
  readonly simple: SimpleDev;
  readonly long: LongNameSubDev;

  constructor(options: RootOptions = {}) {
    super({ name: 'LocalRoot', description: 'Local root', timeout: 2, pollEn: true, ...options });
    this.simple = this.add(new SimpleDev({ name: 'SimpleDev', offset: 0, memBase: this.mem }));
    this.long = this.add(new LongNameSubDev({ name: 'LongNameSubDev' }));
  }
}

/** A tree `Top` with the given nodes below its device `Dev`, over an emulated memory where they need one. */
export function topWith(
  nodes: readonly Node[],
  options: { readonly root?: RootOptions; readonly dev?: DeviceOptions } = {},
): Root {
  const root = new Root({ name: 'Top', pollEn: false, ...options.root });
  const dev = new Device({ name: 'Dev', ...options.dev });
  dev.add(nodes);
  root.add(dev);
  return root;
}
