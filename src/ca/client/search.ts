import type { DatagramTransport, Endpoint } from '../../net/index.ts';
import {
  type AddressEntry,
  errorText,
  formatEndpoint,
  isIpv4,
  noStop,
  numberToIpv4,
  type Stop,
} from '../../util/index.ts';
import {
  ADDRESS_OF_SENDER,
  type BeaconHandler,
  readBeacons,
  readSearchReplies,
  SearchSchedule,
} from '../core/index.ts';
import { searchAddresses } from './config.ts';
import type { ClientContext } from './context.ts';

/** Names of hosts and interfaces are looked up again this often, in ms. */
const REFRESH_MS = 60_000;

/** Where the search reports. */
export interface SearchOwner {
  /** A server has a name. @param isFirst the name was still being searched. */
  onFound(cid: number, server: Endpoint, isFirst: boolean): void;
  /** A datagram that may hold beacons or a confirmation of the repeater. */
  readonly beacons: BeaconHandler & { readonly from: (sender: Endpoint) => void };
  /** Sends searches to the name servers that are connected. */
  sendToNameServers(datagram: Uint8Array): void;
  readonly nameServerCount: number;
}

/** Searches names: owns the UDP socket, the destinations and the timing. */
export class SearchEngine {
  readonly schedule: SearchSchedule;
  readonly #context: ClientContext;
  readonly #owner: SearchOwner;
  #socket: DatagramTransport | undefined;
  #targets: readonly Endpoint[];
  #opening: Promise<void> | undefined;
  #isClosed: boolean;
  #isRunScheduled: boolean;
  #stopRun: Stop;
  #stopRefresh: Stop;
  readonly #failing: Set<string>;
  #garbage: number;

  constructor(context: ClientContext, owner: SearchOwner) {
    this.#context = context;
    this.#owner = owner;
    this.schedule = new SearchSchedule({
      maxPeriodMs: context.config.maxSearchPeriod * 1000,
      random: context.network.random,
    });
    this.#socket = undefined;
    this.#targets = [];
    this.#opening = undefined;
    this.#isClosed = false;
    this.#isRunScheduled = false;
    this.#stopRun = noStop;
    this.#stopRefresh = noStop;
    this.#failing = new Set();
    this.#garbage = 0;
  }

  /** Where searches go over UDP, as far as known. */
  get targets(): readonly Endpoint[] {
    return this.#targets;
  }
  /** The UDP socket once it is open; the repeater link uses it, too. */
  get socket(): DatagramTransport | undefined {
    return this.#socket;
  }
  /** Datagrams that were no answers. */
  get garbage(): number {
    return this.#garbage;
  }

  /** Opens the socket; resolves when searches can leave. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Begins to search a name. */
  add(cid: number, name: string, delayMs: number): void {
    this.schedule.add(cid, name, this.#context.clock.monotonicMs, delayMs);
    this.#runSoon();
  }

  remove(cid: number): void {
    this.schedule.remove(cid);
  }

  /** A server has come up: names that are searched rarely are searched soon. */
  boost(): void {
    this.schedule.boost(this.#context.clock.monotonicMs);
    this.#runSoon();
  }

  /** Searches all names again, beginning now. */
  hurryUp(): void {
    this.schedule.hurryUp();
    this.#runSoon();
  }

  /** An answer, from UDP or from a name server. */
  onAnswer(cid: number, server: Endpoint, sequence: number | undefined): void {
    const isFirst = this.schedule.answered(cid, sequence, this.#context.clock.monotonicMs);
    this.#owner.onFound(cid, server, isFirst);
    if (isFirst) this.#runSoon();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRun();
    this.#stopRefresh();
    if (this.#socket !== undefined) {
      this.#context.keeper.remove(this.#socket);
      this.#socket.close();
      this.#socket = undefined;
    }
  }

  async #open(): Promise<void> {
    const { network, config, log } = this.#context;
    await this.#refresh();
    if (this.#isClosed) return;
    // Searches that never leave this host need no socket that others can reach.
    const isLocal = this.#targets.every((target) => target.address.startsWith('127.'));
    try {
      const socket = await network.bind({
        address: isLocal ? '127.0.0.1' : '0.0.0.0',
        port: 0,
        canBroadcast: true,
        ttl: config.mcastTtl,
      });
      if (this.#isClosed) {
        socket.close();
        return;
      }
      this.#socket = socket;
      this.#context.keeper.add(socket);
      socket.start({
        onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
        onError: (error, to) => this.#onSendError(error, to),
      });
    } catch (error) {
      log.error({ error }, `cannot open a UDP socket, searching through name servers only`);
    }
    this.#runSoon();
  }

  async #refresh(): Promise<void> {
    const { config, network, log } = this.#context;
    const found = new Map<string, Endpoint>();
    const entries = searchAddresses(config);
    for (const entry of entries) {
      const address = await this.#resolve(entry);
      if (address !== undefined) found.set(`${address}:${entry.port}`, { address, port: entry.port });
    }
    if (config.autoAddrList) {
      const broadcasts = network
        .interfaces()
        .filter((net) => !net.isLoopback)
        .map((net) => net.broadcast);
      const usable = broadcasts.filter((address) => address !== undefined);
      for (const address of usable.length > 0 ? usable : ['127.0.0.1']) {
        found.set(`${address}:${config.serverPort}`, { address, port: config.serverPort });
      }
    }
    if (found.size === 0 && this.#targets.length === 0 && this.#owner.nameServerCount === 0) {
      log.warn('empty PV search address list (ECA_NOSEARCHADDR): see EPICS_CA_ADDR_LIST');
    }
    if (found.size > 0 || entries.length === 0) this.#targets = [...found.values()];
    // Fixed addresses stay what they are, but interfaces come and go.
    const hasNames = entries.some((entry) => !isIpv4(entry.host));
    if (!this.#isClosed && (hasNames || config.autoAddrList)) {
      this.#stopRefresh = this.#context.deadlines.after(REFRESH_MS, () => {
        this.#refresh().catch((error: unknown) => log.warn({ error }, 'cannot look up search addresses'));
      });
    }
  }

  async #resolve(entry: AddressEntry): Promise<string | undefined> {
    try {
      const addresses = await this.#context.network.lookup(entry.host);
      return addresses.find(isIpv4);
    } catch (error) {
      this.#context.log.warn(`cannot find search address "${entry.host}": ${errorText(error)}`);
      return undefined;
    }
  }

  /** All names that are added in one turn leave together. */
  #runSoon(): void {
    if (this.#isRunScheduled || this.#isClosed) return;
    this.#isRunScheduled = true;
    this.#context.clock.defer(() => {
      this.#isRunScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    this.#stopRun();
    if (this.#isClosed || (this.#socket === undefined && this.#owner.nameServerCount === 0)) return;
    this.schedule.run(this.#context.clock.monotonicMs, (datagram) => {
      const socket = this.#socket;
      if (socket !== undefined) for (const target of this.#targets) socket.send(datagram, target);
      this.#owner.sendToNameServers(datagram);
    });
    this.#stopRun = this.#context.deadlines.at(this.schedule.nextDeadline, () => this.#run());
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    const { ignoreReplyAddress, serverPort } = this.#context.config;
    const isWhole = readSearchReplies(bytes, {
      onSearchReply: (cid, port, address, _minor, sequence) => {
        const isSender = address === ADDRESS_OF_SENDER || ignoreReplyAddress;
        const server: Endpoint = {
          address: isSender ? from.address : numberToIpv4(address),
          port: port === 0 ? serverPort : port,
        };
        this.onAnswer(cid, server, sequence);
      },
    });
    if (!isWhole) this.#garbage++;
    this.#owner.beacons.from(from);
    readBeacons(bytes, this.#owner.beacons);
  }

  #onSendError(error: Error, to: Endpoint | undefined): void {
    const key = to === undefined ? 'socket' : formatEndpoint(to);
    if (this.#failing.has(key)) return;
    this.#failing.add(key);
    // A server that is not up yet refuses datagrams: no reason to alarm anybody.
    this.#context.log.info(`searching at ${key} failed: ${error.message}`);
  }
}
