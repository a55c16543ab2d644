import type { Database, MirrorRecordHandle } from '../../ioc/index.ts';
import { makeMetadata, makeTimeStamp, noAlarm, type PvValue, type TimeStamp } from '../../pv/index.ts';
import type { BaseVariable } from '../../tree/index.ts';
import { errorText, type WallTime } from '../../util/index.ts';
import type { SizeOptions } from '../kind-map.ts';
import { recordNameOf } from './short-name.ts';

const states = ['Idle', 'Running', 'Done', 'Error'] as const;

/**
 * Three records beside a command, for clients that know Channel Access only: `:RET` its last result as text, `:STS`
 * Idle, Running, Done or Error, and `:MSG` the text of the last failure.
 */
export class CommandStatus {
  readonly #command: BaseVariable;
  readonly #names: readonly [ret: string, sts: string, msg: string];
  #database: Database | undefined;
  #records: readonly MirrorRecordHandle[];
  #running: number;

  /**
   * @param base of the server, below which names that are too long are hashed.
   * @param name full name of the command's PV.
   */
  constructor(command: BaseVariable, base: string, name: string) {
    this.#command = command;
    this.#names = [
      recordNameOf(base, `${name}:RET`),
      recordNameOf(base, `${name}:STS`),
      recordNameOf(base, `${name}:MSG`),
    ];
    this.#database = undefined;
    this.#records = [];
    this.#running = 0;
  }

  /** Names of the three records. */
  get names(): readonly string[] {
    return this.#names;
  }

  open(database: Database, sizes: SizeOptions): void {
    this.#database = database;
    const [ret, sts, msg] = this.#names;
    const what = `of ${this.#command.path}`.slice(0, 30);
    const text = (name: string, description: string): MirrorRecordHandle =>
      database.addRecord(
        'waveform',
        name,
        { FTVL: 'CHAR', NELM: sizes.maxStringLength, DESC: description.slice(0, 40) },
        {
          info: { 'Q:form': 'String' },
          mirror: {
            support: { put: refuse },
            element: 'string',
            caText: true,
            caCount: sizes.maxStringLength,
            isReadOnly: true,
            initial: { value: '', alarm: noAlarm, time: this.#now() },
          },
        },
      );
    const retRecord = text(ret, `result ${what}`);
    const stsRecord = database.addRecord(
      'mbbi',
      sts,
      { ZRST: states[0], ONST: states[1], TWST: states[2], THST: states[3], DESC: `state ${what}` },
      {
        mirror: {
          support: { put: refuse },
          isReadOnly: true,
          meta: makeMetadata({ choices: states }),
          initial: { value: 0, alarm: noAlarm, time: this.#now() },
        },
      },
    );
    this.#records = [retRecord, stsRecord, text(msg, `message ${what}`)];
  }

  close(): void {
    for (const record of this.#records) this.#database?.removeRecord(record.name);
    this.#records = [];
  }

  /** Follows one call of the command. */
  readonly onCall = (call: Promise<unknown>): void => {
    this.#running++;
    this.#publish(1, states.indexOf('Running'));
    call.then(
      (result) =>
        this.#onEnd('Done', result === null || result === undefined ? 'None' : this.#textOf(result), ''),
      (error: unknown) => this.#onEnd('Error', undefined, errorText(error)),
    );
  };

  #onEnd(state: 'Done' | 'Error', result: string | undefined, message: string): void {
    this.#running--;
    if (result !== undefined) this.#publish(0, result);
    this.#publish(2, message);
    this.#publish(1, states.indexOf(this.#running > 0 ? 'Running' : state));
  }

  #textOf(result: unknown): string {
    return typeof result === 'string' ? result : this.#command.genDisp(result);
  }

  #publish(index: number, value: PvValue): void {
    this.#records[index]?.mirror.publish(value, noAlarm, this.#now());
  }

  #now(): TimeStamp {
    const now: WallTime = { seconds: 0, nanoseconds: 0 };
    this.#command.root?.clock.wall(now);
    return makeTimeStamp(now.seconds, now.nanoseconds);
  }
}

function refuse(): never {
  throw new TypeError('read-only');
}
