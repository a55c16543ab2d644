import {
  asNdArray,
  Bool,
  Device,
  type DeviceOptions,
  Fixed,
  float,
  Int,
  type Integer,
  LinkVariable,
  LocalCommand,
  LocalVariable,
  RemoteCommand,
  RemoteVariable,
} from '../../tree/index.ts';
import { Register, SAMPLE_COUNT } from './digitizer-memory.ts';

const MILLIVOLTS_PER_COUNT = 1000 / 32_768;

/** A fast digitizer behind registers: control bits, odd widths, fixed point gains, and a waveform that moves. */
export class Digitizer extends Device {
  readonly Version: RemoteVariable<Integer> = this.add(
    new RemoteVariable({
      name: 'Version',
      offset: Register.Version,
      mode: 'RO',
      description: 'Firmware version',
    }),
  );
  readonly Enabled: RemoteVariable<boolean> = this.add(
    new RemoteVariable({
      name: 'Enabled',
      offset: Register.Control,
      bitSize: 1,
      base: Bool,
      description: 'Sampling on',
    }),
  );
  readonly Mode: RemoteVariable<Integer> = this.add(
    new RemoteVariable({
      name: 'Mode',
      offset: Register.Control,
      bitOffset: 1,
      bitSize: 2,
      enum: [
        [0, 'Idle'],
        [1, 'Single'],
        [2, 'Continuous'],
        [3, 'Calibrate'],
      ],
      description: 'Trigger mode',
    }),
  );
  readonly Threshold: RemoteVariable<Integer> = this.add(
    new RemoteVariable({
      name: 'Threshold',
      offset: Register.Control,
      bitOffset: 8,
      bitSize: 12,
      base: Int,
      units: 'counts',
      disp: '{:d}',
      description: 'Trigger threshold, 12 bits with sign',
    }),
  );
  readonly Decimation: RemoteVariable<number> = this.add(
    new RemoteVariable({
      name: 'Decimation',
      offset: Register.Decimation,
      bitSize: 8,
      minimum: 1,
      maximum: 64,
      value: 4,
      disp: '{:d}',
      description: 'Clock cycles a sample',
    }),
  );
  readonly Locked: RemoteVariable<boolean> = this.add(
    new RemoteVariable({
      name: 'Locked',
      offset: Register.Status,
      bitSize: 1,
      base: Bool,
      mode: 'RO',
      pollInterval: 1,
    }),
  );
  readonly Triggers: RemoteVariable<Integer> = this.add(
    new RemoteVariable({
      name: 'Triggers',
      offset: Register.Triggers,
      mode: 'RO',
      pollInterval: 0.5,
      disp: '{:d}',
      description: 'Triggers since power on',
    }),
  );
  readonly Amplitude: RemoteVariable<number> = this.add(
    new RemoteVariable({
      name: 'Amplitude',
      offset: Register.Amplitude,
      bitSize: 16,
      disp: '{:d}',
      units: 'counts',
      maximum: 32_767,
      value: 20_000,
      description: 'Drive amplitude',
    }),
  );
  readonly Samples: RemoteVariable<Integer> = this.add(
    new RemoteVariable({
      name: 'Samples',
      offset: Register.Samples,
      base: Int,
      numValues: SAMPLE_COUNT,
      valueBits: 16,
      valueStride: 16,
      bitSize: SAMPLE_COUNT * 16,
      mode: 'RO',
      units: 'counts',
      pollInterval: 0.2,
      description: 'Latest waveform',
    }),
  );
  readonly PeakVoltage: LinkVariable<number> = this.add(
    new LinkVariable<number>({
      name: 'PeakVoltage',
      dependencies: [this.Samples],
      units: 'mV',
      disp: '{:.1f}',
      highWarning: 550,
      highAlarm: 700,
      description: 'Largest sample',
      typeStr: 'float',
      linkedGet: async ({ read }) => {
        const samples = asNdArray(await this.Samples.get({ read }))?.data ?? new Int16Array(0);
        let peak = 0;
        for (const sample of samples) peak = Math.max(peak, Math.abs(Number(sample)));
        return peak * MILLIVOLTS_PER_COUNT;
      },
    }),
  );
  readonly SoftTrigger: RemoteCommand<unknown, unknown> = this.add(
    new RemoteCommand({
      name: 'SoftTrigger',
      offset: Register.Control,
      bitOffset: 24,
      bitSize: 1,
      function: RemoteCommand.touchOne,
      description: 'Samples once',
    }),
  );

  constructor(options: DeviceOptions) {
    super({ description: 'Register-mapped digitizer', ...options });
    for (let channel = 0; channel < 4; channel++) {
      this.add(
        new RemoteVariable({
          name: `Gain[${channel}]`,
          offset: Register.Gain + 4 * channel,
          bitSize: 16,
          base: Fixed(16, 12),
          value: 1,
          disp: '{:.3f}',
          description: `Gain of channel ${channel}`,
        }),
      );
    }
  }
}

/** An RF station: its digitizer, its phase and power, and an interlock to reset. */
export class RfStation extends Device {
  readonly Digitizer: Digitizer = this.add(new Digitizer({ name: 'Digitizer', offset: 0 }));
  readonly Phase: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'Phase',
      value: float(12.5),
      units: 'deg',
      minimum: -180,
      maximum: 180,
      disp: '{:.2f}',
      description: 'Phase set point',
    }),
  );
  readonly ForwardPower: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'ForwardPower',
      mode: 'RO',
      value: float(42),
      units: 'MW',
      disp: '{:.3f}',
      pollInterval: 0.5,
      lowAlarm: 30,
      lowWarning: 35,
      highWarning: 45,
      highAlarm: 48,
      description: 'Forward power of the klystron',
      localGet: () => 42 + 2.5 * Math.sin(this.#seconds() / 3) + 0.3 * Math.cos(this.#seconds() * 1.7),
    }),
  );
  readonly State: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'State',
      value: 1,
      enum: [
        [0, 'Off'],
        [1, 'Standby'],
        [2, 'Conditioning'],
        [3, 'On'],
      ],
      description: 'Operating state',
    }),
  );
  readonly Interlocks: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'Interlocks',
      mode: 'RO',
      value: 0,
      disp: '{:#x}',
      typeStr: 'UInt16',
      description: 'Latched interlock bits',
    }),
  );
  readonly Comment: LocalVariable<string> = this.add(
    new LocalVariable({
      name: 'Comment',
      value: 'klystron replaced in spring',
      description: 'Operators’ note',
    }),
  );
  readonly ServiceKey: LocalVariable<number> = this.add(
    new LocalVariable({ name: 'ServiceKey', value: 0, groups: ['NoServe'], description: 'Kept from EPICS' }),
  );
  readonly SlowFeedbackProportionalGainOfTheAmplitudeLoop: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'SlowFeedbackProportionalGainOfTheAmplitudeLoop',
      value: float(0.25),
      minimum: 0,
      maximum: 2,
      lowWarning: 0.05,
      highWarning: 1.5,
      disp: '{:.3f}',
      description: 'A name too long for a record: hashed on CA, whole on PVA',
    }),
  );
  readonly ResetInterlocks: LocalCommand<unknown, void> = this.add(
    new LocalCommand({
      name: 'ResetInterlocks',
      description: 'Clears the latched interlocks',
      function: () => this.Interlocks.set(0),
    }),
  );
  readonly Trip: LocalCommand<number, string> = this.add(
    new LocalCommand({
      name: 'Trip',
      value: 1,
      retValue: '',
      description: 'Latches interlock bits and switches off',
      function: async ({ arg }) => {
        const bits = Number(arg) & 0xffff;
        await this.Interlocks.set(bits);
        await this.State.set(0);
        return `tripped with interlocks 0x${bits.toString(16)}`;
      },
    }),
  );

  constructor(options: DeviceOptions) {
    super({ description: 'RF station', ...options });
  }

  #seconds(): number {
    return (this.root?.clock.monotonicMs ?? 0) / 1000;
  }
}
