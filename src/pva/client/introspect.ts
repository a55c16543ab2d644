import type { FieldDesc } from '../../pvdata/index.ts';
import { isSuccess, type Status } from '../core/index.ts';
import type { Call } from './call.ts';
import { Operation, statusError } from './operation.ts';
import type { ServerLink } from './server-link.ts';
import type { WireChannel } from './wire-channel.ts';

/** Asks for the type of a PV, or of one of its fields. */
export class TypeQuery extends Operation {
  readonly #channel: WireChannel;
  readonly #path: string;
  readonly #call: Call<FieldDesc>;

  /** @param path field, '' for the whole structure. */
  constructor(channel: WireChannel, path: string, call: Call<FieldDesc>) {
    super();
    this.#channel = channel;
    this.#path = path;
    this.#call = call;
  }

  /** The caller waits no longer. */
  readonly onGivenUp = (): void => {
    // The server answers once and forgets: there is nothing to destroy.
    this.#end();
  };

  override onConnected(link: ServerLink, sid: number): void {
    if (this.#call.isDone) return;
    this.attach(link, sid);
    link.core.getField(sid, this.ioid, this.#path);
    link.markDirty();
  }

  override onFieldType(status: Status, type: FieldDesc | null): void {
    this.#end();
    if (isSuccess(status) && type !== null) {
      if (this.#path === '') this.#channel.noteType(type);
      this.#call.resolve(type);
      return;
    }
    const what =
      this.#path === '' ? `"${this.#channel.name}"` : `field "${this.#path}" of "${this.#channel.name}"`;
    this.#call.reject(statusError(`info ${what}`, status, this.#channel.name));
  }

  override onDisconnected(): void {
    // Asking again does no harm: it stays until the channel is back.
  }

  override onClosed(reason: Error): void {
    this.detach(false);
    this.#call.reject(reason);
  }

  #end(): void {
    this.detach(false);
    this.#channel.end(this);
  }
}
