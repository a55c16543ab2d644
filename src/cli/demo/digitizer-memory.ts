import { Emulate, type Transaction } from '../../tree/index.ts';
import type { Clock } from '../../util/index.ts';

/** Byte addresses of the digitizer's registers, relative to the device. */
export const Register = {
  Version: 0x00,
  Control: 0x04,
  Status: 0x08,
  Decimation: 0x0c,
  Gain: 0x10,
  Triggers: 0x20,
  Amplitude: 0x24,
  Samples: 0x1000,
} as const;

/** Samples of one waveform. */
export const SAMPLE_COUNT = 512;

/** The digitizer's firmware as far as a reader of its registers can tell: it counts triggers and samples a pulse. */
export class DigitizerMemory extends Emulate {
  readonly #clock: Clock;
  readonly #base: bigint;
  #triggers: number;

  /** @param base address of the device. */
  constructor(base: number, clock: Clock) {
    super({ name: 'Digitizer', clock });
    this.#clock = clock;
    this.#base = BigInt(base);
    this.#triggers = 0;
    this.#writeWord(Register.Version, 0x2026_0100);
    this.#writeWord(Register.Status, 0x1);
    this.#writeWord(Register.Amplitude, 20_000);
  }

  override async transact(transaction: Transaction): Promise<void> {
    const offset = Number(transaction.address - this.#base);
    if (transaction.type === 'read') {
      if (offset === Register.Triggers) this.#writeWord(Register.Triggers, ++this.#triggers);
      if (offset === Register.Samples) this.#sample();
    }
    await super.transact(transaction);
  }

  /** A decaying pulse whose phase moves on with time. */
  #sample(): void {
    const amplitude = new DataView(this.read(this.#base + BigInt(Register.Amplitude), 4).buffer).getUint32(
      0,
      true,
    );
    const phase = this.#clock.monotonicMs / 700;
    const samples = Int16Array.from({ length: SAMPLE_COUNT }, (_, i) =>
      Math.round(Math.min(32_767, amplitude) * Math.exp(-i / 180) * Math.sin(i / 9 + phase)),
    );
    this.write(this.#base + BigInt(Register.Samples), new Uint8Array(samples.buffer));
  }

  #writeWord(offset: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.write(this.#base + BigInt(offset), bytes);
  }
}
