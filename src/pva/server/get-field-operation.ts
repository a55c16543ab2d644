import { CMD_GET_FIELD, errorStatus, okStatus } from '../core/index.ts';
import { ServerOperation } from './operation.ts';
import type { ServedChannel } from './served-channel.ts';

/** GET_FIELD: one question about the type, one answer. */
export class GetFieldOperation extends ServerOperation {
  readonly #path: string;

  /** @param path field to describe, '' for the whole. */
  constructor(channel: ServedChannel, ioid: number, path: string) {
    super(channel, CMD_GET_FIELD, ioid, null);
    this.#path = path;
  }

  override begin(): void {
    const desc = this.channel.struct?.type.desc;
    if (desc === undefined) {
      this.refuse('GetField not implemented for this PV');
      return;
    }
    const offset = this.#path === '' ? 0 : desc.findOffset(this.#path);
    if (offset < 0) {
      this.refuse(`"${this.channel.name}" has no field "${this.#path}"`);
      return;
    }
    this.session.connection.fieldReply(this.ioid, okStatus, desc.fieldAt(offset));
    this.session.touch();
    this.destroy();
  }

  override cancel(): void {
    // Answered as soon as the type is known; nothing runs that could be aborted.
  }

  override refuse(text: string): void {
    this.session.connection.fieldReply(this.ioid, errorStatus(text));
    this.session.touch();
    this.destroy();
  }
}
