import { Device, type DeviceOptions, float, LocalVariable } from '../../tree/index.ts';

/** A cold cathode gauge whose pressure breathes. */
export class VacuumGauge extends Device {
  readonly Pressure: LocalVariable<number>;

  /** @param basePressure in mbar. */
  constructor(basePressure: number, options: DeviceOptions) {
    super({ description: 'Vacuum gauge', ...options });
    const phase = Math.log10(basePressure);
    this.Pressure = this.add(
      new LocalVariable({
        name: 'Pressure',
        mode: 'RO',
        value: float(basePressure),
        units: 'mbar',
        disp: '{:.2e}',
        pollInterval: 1,
        highWarning: 5e-8,
        highAlarm: 1e-6,
        description: 'Pressure at the gauge',
        localGet: () =>
          basePressure * 10 ** (0.3 * Math.sin((this.root?.clock.monotonicMs ?? 0) / 9000 + phase)),
      }),
    );
  }
}

/** Cooling water and cabinet temperatures, one array and one variable each. */
export class Temperatures extends Device {
  readonly All: LocalVariable<Float64Array<ArrayBuffer>>;

  constructor(names: readonly string[], options: DeviceOptions) {
    super({ description: 'Temperatures', ...options });
    const at = (index: number): number =>
      28 + 4 * index + 1.5 * Math.sin((this.root?.clock.monotonicMs ?? 0) / 15_000 + index);
    this.All = this.add(
      new LocalVariable({
        name: 'All',
        mode: 'RO',
        value: new Float64Array(names.length),
        pollInterval: 1,
        description: 'All temperatures in degC',
        localGet: () => Float64Array.from(names, (_, index) => at(index)),
      }),
    );
    names.forEach((name, index) => {
      this.add(
        new LocalVariable({
          name,
          mode: 'RO',
          value: float(at(index)),
          units: 'degC',
          disp: '{:.1f}',
          pollInterval: 1,
          highWarning: 38,
          highAlarm: 45,
          description: `Temperature of ${name}`,
          localGet: () => at(index),
        }),
      );
    });
  }
}
