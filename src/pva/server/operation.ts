import { errorToStatus, leafMarks, type MessageSink } from '../../pv/index.ts';
import { type FieldDesc, selectMask, type Value } from '../../pvdata/index.ts';
import { BitSet } from '../../util/index.ts';
import { errorStatus, makeStatus, type Status, SUB_INIT } from '../core/index.ts';
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
  /** The bits of structures, which stand for all fields below. */
  readonly #compound: BitSet;

  /** @throws {FieldError} EPICS_FIELD when the request selects nothing. */
  constructor(desc: FieldDesc, pvRequest: Value | null) {
    const wanted = selectMask(desc, pvRequest);
    const leaves = new BitSet();
    const compound = new BitSet();
    let isWhole = true;
    for (let i = 0; i < desc.fieldCount; i++) {
      if (desc.fieldAt(i).isStruct) compound.set(i);
      else if (wanted.get(i)) leaves.set(i);
      else isWhole = false;
    }
    this.desc = desc;
    this.leaves = leaves;
    this.isWhole = isWhole;
    this.key = isWhole ? '*' : leaves.toString();
    this.#compound = compound;
  }

  /** The marked fields that are wanted; not to be changed. */
  of(marks: BitSet): BitSet {
    if (marks.intersects(this.#compound)) return leafMarks(this.desc, marks).and(this.leaves);
    return this.isWhole ? marks : marks.clone().and(this.leaves);
  }

  /** As `of`, for a complete value: when nothing is marked, everything is meant. */
  ofComplete(marks: BitSet): BitSet {
    return marks.isEmpty ? this.leaves : this.of(marks);
  }

  /** Whether any marked field is wanted. */
  touches(marks: BitSet): boolean {
    if (marks.intersects(this.#compound)) return leafMarks(this.desc, marks).intersects(this.leaves);
    return marks.intersects(this.leaves);
  }
}
