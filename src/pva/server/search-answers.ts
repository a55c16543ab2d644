import { Claim, type NameEvent, type Peer, type PvSource } from '../../pv/index.ts';
import type { Deadlines, Stop } from '../../util/index.ts';
import { MAX_NAME_BYTES, PROTOCOL_TCP, SearchFlag, type SearchRequest } from '../core/index.ts';

/** Limits of searches that are answered later. */
export interface SearchAnswersOptions {
  /** How long a source may take to find a name, in ms. Default 30 000. */
  readonly lateMs?: number;
  /** Requesters remembered for one name. Default 16. */
  readonly maxRequesters?: number;
  /** Names remembered. Default 100 000. */
  readonly maxNames?: number;
  /** Told of sources that threw; they count as not having the name. */
  readonly onFault?: (error: unknown) => void;
}

interface LateName {
  readonly requesters: {
    readonly id: number;
    readonly reply: (ids: readonly number[], isFound: boolean) => void;
  }[];
  readonly stop: Stop;
}

/** Answers searches for one server: asks the sources, and remembers who waits for those that look elsewhere. */
export class SearchAnswers {
  readonly #sources: PvSource;
  readonly #deadlines: Deadlines;
  readonly #lateMs: number;
  readonly #maxRequesters: number;
  readonly #maxNames: number;
  readonly #late: Map<string, LateName>;
  readonly #onFault: (error: unknown) => void;
  /** Names asked for, and names claimed at once. */
  asked: number;
  claimed: number;

  constructor(sources: PvSource, deadlines: Deadlines, options: SearchAnswersOptions = {}) {
    this.#sources = sources;
    this.#deadlines = deadlines;
    this.#lateMs = options.lateMs ?? 30_000;
    this.#maxRequesters = options.maxRequesters ?? 16;
    this.#maxNames = options.maxNames ?? 100_000;
    this.#late = new Map();
    this.#onFault = options.onFault ?? (() => {});
    this.asked = 0;
    this.claimed = 0;
  }

  /** Names whose sources still look. */
  get lateCount(): number {
    return this.#late.size;
  }

  /**
   * Answers one request. `reply` is called at most once at once, with all ids claimed or, if the client insists on an
   * answer, with none; and again for each name that is found later.
   */
  answer(
    request: SearchRequest,
    peer: Peer,
    reply: (ids: readonly number[], isFound: boolean) => void,
  ): void {
    if (request.protocols.length > 0 && !request.protocols.includes(PROTOCOL_TCP)) return;
    const ids: number[] = [];
    // An empty protocol list comes with no names: a client that looks for servers.
    const count = request.protocols.length === 0 ? 0 : request.names.length;
    for (let i = 0; i < count; i++) {
      const name = request.names[i] as string;
      if (name === '' || name.length > MAX_NAME_BYTES) continue;
      this.asked++;
      const claim = this.#claim(name, peer);
      if (claim === Claim.Yes) ids.push(request.ids[i] as number);
      else if (claim === Claim.Later) this.#remember(name, request.ids[i] as number, reply);
    }
    this.claimed += ids.length;
    if (ids.length > 0) reply(ids, true);
    else if ((request.flags & SearchFlag.ReplyRequired) !== 0) reply(ids, false);
  }

  /** A source tells of its names. */
  onNames(event: NameEvent): void {
    if (event.type === 'removed') return;
    const late = this.#late.get(event.name);
    if (late === undefined) return;
    this.#late.delete(event.name);
    late.stop();
    for (const { id, reply } of late.requesters) reply([id], true);
    this.claimed += late.requesters.length;
  }

  /** Forgets everybody who waits. */
  clear(): void {
    for (const late of this.#late.values()) late.stop();
    this.#late.clear();
  }

  #claim(name: string, peer: Peer): Claim {
    try {
      return this.#sources.claims(name, peer);
    } catch (error) {
      this.#onFault(error);
      return Claim.No;
    }
  }

  #remember(name: string, id: number, reply: LateName['requesters'][number]['reply']): void {
    let late = this.#late.get(name);
    if (late === undefined) {
      if (this.#late.size >= this.#maxNames) return;
      late = {
        requesters: [],
        stop: this.#deadlines.after(this.#lateMs, () => this.#late.delete(name)),
      };
      this.#late.set(name, late);
    }
    // A client repeats its search while it waits: the newest requesters count.
    if (late.requesters.length >= this.#maxRequesters) late.requesters.shift();
    late.requesters.push({ id, reply });
  }
}
