import { errorText } from '../util/index.ts';
import { LocalCommand } from './command.ts';
import { configFilter, stateFilter } from './config.ts';
import { Device, type DeviceOptions } from './device.ts';
import { LocalVariable } from './local-variable.ts';
import { float } from './native.ts';
import type { Root } from './root.ts';
import type { MaybePromise } from './types.ts';
import type { BaseVariable } from './variable.ts';

/** What the function of a process gets. */
export interface ProcessContext {
  readonly root: Root;
  readonly dev: Process;
  readonly arg: unknown;
  /** Aborted by the command `Stop`. */
  readonly signal: AbortSignal;
}

/** Settings of a {@link Process}. */
export interface ProcessOptions extends DeviceOptions {
  /** Holds the argument; becomes a child when it has no parent. */
  readonly argVariable?: BaseVariable;
  /** Takes what the function returns; becomes a child when it has no parent. */
  readonly returnVariable?: BaseVariable;
  function?(this: void, context: ProcessContext): MaybePromise<unknown>;
}

/** A long-running procedure with commands to start and stop it, and variables that show how far it is. */
export class Process extends Device {
  readonly #function: ProcessOptions['function'];
  readonly #argVariable: BaseVariable | undefined;
  readonly #returnVariable: BaseVariable | undefined;
  #abort: AbortController | undefined;
  #running: Promise<void> | undefined;
  /** @internal Last message of a run that did not throw. */
  protected _doneText: string;
  readonly Start: LocalCommand;
  readonly Stop: LocalCommand;
  readonly Running: LocalVariable<boolean>;
  readonly Progress: LocalVariable<number>;
  readonly Message: LocalVariable<string>;
  readonly Step: LocalVariable<number>;
  readonly TotalSteps: LocalVariable<number>;
  readonly UpdatePeriod: LocalVariable<number>;

  constructor(options: ProcessOptions = {}) {
    super(options);
    this.#function = options.function;
    this.#argVariable = options.argVariable;
    this.#returnVariable = options.returnVariable;
    this.#abort = undefined;
    this.#running = undefined;
    this._doneText = 'Done';
    const polled = { mode: 'RO', pollInterval: 1 } as const;
    this.Start = this.add(
      new LocalCommand({ name: 'Start', description: 'Start process', function: () => this.startProcess() }),
    );
    this.Stop = this.add(
      new LocalCommand({ name: 'Stop', description: 'Stop process', function: () => this.stopProcess() }),
    );
    this.Running = this.add(
      new LocalVariable<boolean>({
        ...polled,
        name: 'Running',
        description: 'Operation is running',
        value: false,
      }),
    );
    this.Progress = this.add(
      new LocalVariable<number>({
        ...polled,
        name: 'Progress',
        description: 'Percent complete: 0.0 - 1.0',
        units: 'Pct',
        disp: '{:1.2f}',
        minimum: 0,
        maximum: 1,
        value: float(1),
      }),
    );
    this.Message = this.add(
      new LocalVariable<string>({
        ...polled,
        name: 'Message',
        description: 'Process status message',
        value: '',
      }),
    );
    this.Step = this.add(
      new LocalVariable<number>({
        ...polled,
        name: 'Step',
        description: 'Total number of steps taken',
        value: 1,
      }),
    );
    this.TotalSteps = this.add(
      new LocalVariable<number>({
        ...polled,
        name: 'TotalSteps',
        description: 'Total number of steps',
        value: 1,
      }),
    );
    this.UpdatePeriod = this.add(
      new LocalVariable<number>({
        name: 'UpdatePeriod',
        description: 'Seconds between deliveries of updates while the process runs',
        value: float(1),
        hidden: true,
      }),
    );
    for (const variable of [options.argVariable, options.returnVariable]) {
      if (variable !== undefined && variable.parent === null) this.add(variable);
    }
  }

  /** Sets the argument, when given, and starts. A process that runs is left alone. */
  async call(arg?: unknown): Promise<void> {
    if (arg !== undefined && arg !== null) await this.#argVariable?.setDisp(arg);
    this.startProcess();
  }

  /** Starts; a process that runs is left alone, with a warning. */
  startProcess(): void {
    const root = this.root;
    if (this.#running !== undefined || root === null) {
      this.log.warn(`Process ${this.path} is already running`);
      return;
    }
    const abort = new AbortController();
    this.#abort = abort;
    this.#running = this.#run(root, abort.signal)
      .catch((error: unknown) =>
        this.log.error({ error }, `Process ${this.path} failed: ${errorText(error)}`),
      )
      .finally(() => {
        this.#running = undefined;
        this.#abort = undefined;
      });
  }

  /** Asks the function to stop, by its signal. */
  stopProcess(): void {
    this.#abort?.abort(new Error(`process ${this.path} was stopped`));
  }

  /** Resolves when the process does not run. */
  async untilDone(): Promise<void> {
    await this.#running;
  }

  override async _stop(): Promise<void> {
    this.stopProcess();
    await super._stop();
  }

  async #run(root: Root, signal: AbortSignal): Promise<void> {
    await this.Running.set(true);
    await root.updateGroup(async () => {
      try {
        this._doneText = 'Done';
        await this.Message.set('Running');
        await this.setStep(0);
        const arg = await this.#argVariable?.get({ read: false });
        const result = await this._process({ root, dev: this, arg, signal });
        if (this.#returnVariable !== undefined && result !== undefined)
          await this.#returnVariable.setDisp(result);
        await this.Message.set(this._doneText);
        await this.setProgress(1);
      } catch (error) {
        this.log.error({ error }, `Error in process ${this.path}: ${errorText(error)}`);
        await this.Message.set('Stopped after error!');
      }
      await this.Running.set(false);
    }, this.UpdatePeriod.value);
  }

  /** The procedure; override it, or give `function`. */
  async _process(context: ProcessContext): Promise<unknown> {
    return await this.#function?.(context);
  }

  /** Sets the fraction done, 0 to 1; beyond is cut. */
  async setProgress(fraction: number): Promise<void> {
    await this.Progress.set(Math.max(0, Math.min(1, fraction)));
  }
  async setTotalSteps(count: number): Promise<void> {
    await this.TotalSteps.set(count);
    await this.#showProgress();
  }
  async setStep(step: number): Promise<void> {
    await this.Step.set(step);
    await this.#showProgress();
  }
  async incrementSteps(by: number): Promise<void> {
    await this.setStep(this.Step.value + by);
  }
  async #showProgress(): Promise<void> {
    const total = this.TotalSteps.value;
    await this.setProgress(total > 0 ? this.Step.value / total : 0);
  }
}

const modes = new Map([
  [0, 'File'],
  [1, 'String'],
]);

/** Common part of the two processes: a failure is shown in `Message`, not logged as one of the process. */
abstract class ConfigProcess extends Process {
  override stopProcess(): void {
    this.log.warn(`Process ${this.path} cannot be stopped`);
  }

  override async _stop(): Promise<void> {
    await this.untilDone();
  }

  override async _process(context: ProcessContext): Promise<unknown> {
    try {
      await this._work(context.root);
    } catch (error) {
      this._doneText = `Error: ${errorText(error)}`;
      this.log.error({ error }, `Error in process ${this.path}: ${errorText(error)}`);
    }
    return undefined;
  }

  protected abstract _work(root: Root): Promise<void>;
}

/** Loads a configuration from a file or from text. */
export class LoadConfigProcess extends ConfigProcess {
  readonly LoadMode: LocalVariable<number> = this.add(
    new LocalVariable<number>({ name: 'LoadMode', value: 0, enum: modes }),
  );
  readonly ConfigFile: LocalVariable<string> = this.add(
    new LocalVariable<string>({ name: 'ConfigFile', value: '' }),
  );
  readonly YamlString: LocalVariable<string> = this.add(
    new LocalVariable<string>({ name: 'YamlString', value: '' }),
  );

  protected override async _work(root: Root): Promise<void> {
    if (this.LoadMode.value === 0) {
      if (this.ConfigFile.value === '') throw new Error('ConfigFile is empty');
      await root.loadYaml(this.ConfigFile.value, configFilter);
      return;
    }
    if (this.YamlString.value === '') throw new Error('YamlString is empty');
    await root.setYaml(this.YamlString.value, configFilter);
  }
}

/** Saves the configuration or the state to a file or as text. */
export class SaveConfigProcess extends ConfigProcess {
  readonly DataType: LocalVariable<number> = this.add(
    new LocalVariable<number>({
      name: 'DataType',
      value: 0,
      enum: new Map([
        [0, 'Config'],
        [1, 'Status'],
      ]),
    }),
  );
  readonly SaveMode: LocalVariable<number> = this.add(
    new LocalVariable<number>({ name: 'SaveMode', value: 0, enum: modes }),
  );
  readonly ConfigFile: LocalVariable<string> = this.add(
    new LocalVariable<string>({ name: 'ConfigFile', value: '' }),
  );
  readonly YamlString: LocalVariable<string> = this.add(
    new LocalVariable<string>({ name: 'YamlString', mode: 'RO', value: '' }),
  );

  protected override async _work(root: Root): Promise<void> {
    const isConfig = this.DataType.value === 0;
    const filter = isConfig ? configFilter : stateFilter;
    if (this.SaveMode.value === 0) {
      await root.saveYaml({
        ...filter,
        name: this.ConfigFile.value,
        readFirst: true,
        autoPrefix: isConfig ? 'config' : 'state',
        autoCompress: !isConfig,
      });
      return;
    }
    await this.YamlString.set(await root.getYaml({ ...filter, readFirst: true }));
  }
}
