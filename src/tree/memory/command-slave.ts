import type { Model } from '../model/index.ts';
import type { MaybePromise } from '../types.ts';
import type { MemorySlave, Transaction } from './slave.ts';

/** A register made of a function: called with the value written, or with null for a read. */
export interface CommandRegister<T = unknown> {
  readonly model: Model<T>;
  run(arg: T | null): MaybePromise<T | undefined>;
}

/** Memory whose addresses are functions: PyRogue's OsCommandMemorySlave. */
export class CommandMemorySlave implements MemorySlave {
  readonly min = 4;
  readonly max = 0xffffffff;
  readonly name: string;
  readonly #registers = new Map<bigint, CommandRegister>();

  constructor(name = 'CommandMemorySlave') {
    this.name = name;
  }

  /** Puts a register at an address; one that is there is replaced. */
  addCommand<T>(address: number | bigint, register: CommandRegister<T>): void {
    this.#registers.set(BigInt(address), {
      model: register.model as Model,
      run: (arg) => register.run(arg as T | null),
    });
  }

  async transact({ type, address, data }: Transaction): Promise<void> {
    const register = this.#registers.get(address);
    if (register === undefined) throw new Error(`no command at address 0x${address.toString(16)}`);
    if (type === 'write' || type === 'post') {
      await register.run(register.model.fromBytes(data));
      return;
    }
    const value = await register.run(null);
    if (value === undefined)
      throw new Error(`command at address 0x${address.toString(16)} returned no value`);
    const bytes = register.model.toBytes(value);
    data.fill(0);
    data.set(bytes.subarray(0, data.length));
  }
}
