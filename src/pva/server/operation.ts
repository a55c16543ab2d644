import { leafMarks, hasCompoundMarks, errorToStatus, type MessageSink } from '../../pv/index.ts';
import { type FieldDesc, selectMask, type Value } from '../../pvdata/index.ts';
import { BitSet } from '../../util/index.ts';
import { errorStatus, makeStatus, SUB_INIT, type Status } from '../core/index.ts';
import type { ServedChannel } from './served-channel.ts';
import type { Session } from './session.ts';

/** An operation between its INIT and its end. */
export abstract class ServerOperation {
  readonly session: Session;
  readonly channel: ServedChannel;
  readonly command: number;
  readonly ioid: number;
  readonly pvRequest: Value | null;
  /** INIT was answered with success. */
  isReady: boolean;
  isEnded: boolean;
  #message: MessageSink | undefined;

  constructor(channel: ServedChannel, command: number, ioid: number, pvRequest: Value | null) {
    this.session = channel.session;
    this.channel = channel;
    this.command = command;
    this.ioid = ioid;
    this.pvRequest = pvRequest;
    this.isReady = false;
    this.isEnded = false;
    this.#message = undefined;
  }

  /** Answers INIT; the channel has its type, if it will ever have one. */
  abstract begin(): void;

  /** Aborts what runs; the operation stays. */
  abstract cancel(): void;

  /** Ends the operation; nothing is sent. */
  destroy(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.cancel();
    this.session.forget(this);
  }

  /** Carries the PV's texts to the client's log. */
  get message(): MessageSink {
    this.#message ??= (level, text) => {
      if (!this.isEnded) this.session.sendMessage(this.ioid, level, text);
    };
    return this.#message;
  }

  /** Refuses INIT and ends the operation. */
  refuse(text: string): void {
    this.reply(SUB_INIT, errorStatus(text));
    this.destroy();
  }

  /** Sends an answer that is only a status. */
  reply(subcommand: number, status: Status): void {
    this.session.connection.statusReply(this.command, this.ioid, subcommand, status);
    this.session.touch();
  }
}

/** The status that tells a client of anything that was thrown. */
export function statusOf(error: unknown): Status {
  const { type, message, stack } = errorToStatus(error);
  return makeStatus(type, message === '' ? 'the server gave no reason' : message, stack);
}

/** Which fields of a structure a client wants. */
export class Selection {
  readonly desc: FieldDesc;
  /** The wanted fields that are no structures. */
  readonly leaves: BitSet;
  /** True when these are all. */
  readonly isWhole: boolean;
  /** Names the selection among those of the same type. */
  readonly key: string;

  /** @throws {FieldError} EPICS_FIELD when the request selects nothing. */
  constructor(desc: FieldDesc, pvRequest: Value | null) {
    const wanted = selectMask(desc, pvRequest);
    const leaves = new BitSet();
    let isWhole = true;
    for (let i = 0; i < desc.fieldCount; i++) {
      if (desc.fieldAt(i).isStruct) continue;
      if (wanted.get(i)) leaves.set(i);
      else isWhole = false;
    }
    this.desc = desc;
    this.leaves = leaves;
    this.isWhole = isWhole;
    this.key = isWhole ? '*' : leaves.toString();
  }

  /** The marked fields that are wanted; a new set. Nothing marked stands for everything when `isComplete`. */
  of(marks: BitSet, isComplete: boolean): BitSet {
    if (marks.isEmpty) return isComplete ? this.leaves : marks;
    const wanted = hasCompoundMarks(this.desc, marks) ? leafMarks(this.desc, marks) : marks.clone();
    return wanted.and(this.leaves);
  }
}
