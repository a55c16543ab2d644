import { EpicsPvServer, type EpicsPvServerOptions } from '../../protocols/epicsV7/index.ts';
import { float, LocalCommand, LocalVariable, Root } from '../../tree/index.ts';
import { systemClock } from '../../util/index.ts';
import { DigitizerMemory } from './digitizer-memory.ts';
import { MagnetSupply } from './magnet-supply.ts';
import { RfStation } from './rf-station.ts';
import { Temperatures, VacuumGauge } from './vacuum.ts';

/** A small linear accelerator, enough to try every kind of PV on. */
export class DemoMachine extends Root {
  readonly memory: DigitizerMemory = new DigitizerMemory(0, systemClock);
  readonly RfStation: RfStation = this.add(
    new RfStation({ name: 'RfStation', offset: 0, memBase: this.memory }),
  );
  readonly Bend: MagnetSupply = this.add(new MagnetSupply({ name: 'Bend' }));
  readonly Gun: VacuumGauge = this.add(new VacuumGauge(2e-9, { name: 'Gun' }));
  readonly Dump: VacuumGauge = this.add(new VacuumGauge(4e-8, { name: 'Dump' }));
  readonly Water: Temperatures = this.add(
    new Temperatures(['Inlet', 'Klystron', 'Modulator', 'Load'], { name: 'Water' }),
  );
  readonly BeamCharge: LocalVariable<number> = this.add(
    new LocalVariable({
      name: 'BeamCharge',
      value: float(0.5),
      units: 'nC',
      minimum: 0,
      maximum: 2,
      disp: '{:.3f}',
      description: 'Charge of a bunch',
    }),
  );
  readonly ShotNumber: LocalVariable<bigint> = this.add(
    new LocalVariable({
      name: 'ShotNumber',
      value: 9_007_199_254_740_993n,
      typeStr: 'UInt64',
      description: 'Counts shots, 64 bits',
    }),
  );
  readonly Orbit: LocalVariable<Int32Array<ArrayBuffer>> = this.add(
    new LocalVariable({
      name: 'Orbit',
      value: Int32Array.from([12, -7, 3, 0, -1]),
      description: 'Orbit offsets in µm',
    }),
  );
  readonly Shift: LocalVariable<string[]> = this.add(
    new LocalVariable({
      name: 'Shift',
      value: ['Ada', 'Grace', 'Edsger'],
      description: 'Who is on shift, a Python list',
    }),
  );
  readonly StartShot: LocalCommand<unknown, void> = this.add(
    new LocalCommand({
      name: 'StartShot',
      description: 'Fires one shot',
      function: () => this.ShotNumber.set(this.ShotNumber.value + 1n),
    }),
  );
  readonly SetCharge: LocalCommand<number, number> = this.add(
    new LocalCommand({
      name: 'SetCharge',
      value: float(0.5),
      retValue: float(0),
      description: 'Sets the bunch charge in nC and returns it; by RPC, or in whole nC by put',
      function: async ({ arg }) => {
        await this.BeamCharge.set(Number(arg));
        return this.BeamCharge.value;
      },
    }),
  );
  readonly epics: EpicsPvServer;

  constructor(options: Omit<EpicsPvServerOptions, 'root'>) {
    super({ name: 'Linac', description: 'A small linear accelerator', pollEn: true });
    this.epics = new EpicsPvServer({ ...options, root: this });
  }
}
