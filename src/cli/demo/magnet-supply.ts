import { Device, type DeviceOptions, float, LocalCommand, LocalVariable } from '../../tree/index.ts';

/** A magnet power supply that ramps to its set point at a limited rate. */
export class MagnetSupply extends Device {
  #current = 0;
  #atMs = 0;

  readonly On: LocalVariable<boolean> = this.add(
    new LocalVariable({
      name: 'On',
      value: true,
      enum: [
        [false, 'Off'],
        [true, 'On'],
      ],
      description: 'Output switched on',
    }),
  );
  readonly Setpoint: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'Setpoint',
      value: float(120),
      units: 'A',
      minimum: 0,
      maximum: 200,
      disp: '{:.2f}',
      description: 'Current set point',
      // The ramp so far was made with the old set point.
      localSet: () => void this.#ramp(),
    }),
  );
  readonly RampRate: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'RampRate',
      value: float(10),
      units: 'A/s',
      minimum: 0.1,
      maximum: 50,
      disp: '{:.1f}',
      description: 'Largest change a second',
    }),
  );
  readonly Current: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'Current',
      mode: 'RO',
      value: float(0),
      units: 'A',
      disp: '{:.3f}',
      pollInterval: 0.2,
      highWarning: 150,
      highAlarm: 180,
      description: 'Measured current',
      localGet: () => this.#ramp(),
    }),
  );
  readonly Degauss: LocalCommand<unknown, void> = this.add(
    new LocalCommand({
      name: 'Degauss',
      description: 'Sets the current to zero and waits until it is there',
      function: async () => {
        await this.Setpoint.set(0);
        const clock = this.root?.clock;
        while (clock !== undefined && this.root?.running === true && this.#ramp() > 0.05) {
          await new Promise<void>((resolve) => void clock.at(clock.monotonicMs + 50, resolve));
        }
      },
    }),
  );

  constructor(options: DeviceOptions) {
    super({ description: 'Magnet power supply', ...options });
  }

  /** Moves the current towards where it shall be, as far as the time since the last call allows. */
  #ramp(): number {
    const now = this.root?.clock.monotonicMs ?? 0;
    const step = (this.RampRate.value * (now - this.#atMs)) / 1000;
    const target = this.On.value ? this.Setpoint.value : 0;
    this.#atMs = now;
    this.#current += Math.max(-step, Math.min(step, target - this.#current));
    return this.#current;
  }
}
