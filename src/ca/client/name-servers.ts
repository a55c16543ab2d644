import type { Endpoint } from '../../net/index.ts';
import { errorText, isIpv4, noStop, type Stop } from '../../util/index.ts';
import type { ClientCircuit } from './circuit.ts';
import { nameServerAddresses } from './config.ts';
import type { ClientContext } from './context.ts';

/** Servers answer searches through circuits from this minor version on. */
const MINOR_WITH_TCP_SEARCH = 12;
const FIRST_RETRY_MS = 1000;

interface NameServer {
  readonly host: string;
  readonly port: number;
  circuit: ClientCircuit | undefined;
  release: Stop;
  stopRetry: Stop;
  failures: number;
}

/** Where the name servers get their circuits from. */
export interface NameServerOwner {
  circuitTo(server: Endpoint, priority: number): ClientCircuit;
  /** A name server can be asked from now on. */
  onNameServerReady(): void;
}

/** The servers of EPICS_CA_NAME_SERVERS: one circuit each, kept open. */
export class NameServers {
  readonly #context: ClientContext;
  readonly #owner: NameServerOwner;
  readonly #servers: readonly NameServer[];
  #isClosed = false;

  constructor(context: ClientContext, owner: NameServerOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#servers = nameServerAddresses(context.config).map(({ host, port }) => ({
      host,
      port,
      circuit: undefined,
      release: noStop,
      stopRetry: noStop,
      failures: 0,
    }));
  }

  get size(): number {
    return this.#servers.length;
  }

  /** Name servers that can be asked now. */
  get readyCount(): number {
    return this.#servers.filter((server) => isReady(server)).length;
  }

  /** Connects to all. */
  open(): void {
    for (const server of this.#servers) void this.#connect(server);
  }

  send(datagram: Uint8Array): void {
    for (const server of this.#servers) if (isReady(server)) server.circuit?.sendRaw(datagram);
  }

  onCircuitVersion(circuit: ClientCircuit): void {
    for (const server of this.#servers) {
      if (server.circuit !== circuit) continue;
      server.failures = 0;
      if (circuit.minor >= MINOR_WITH_TCP_SEARCH) this.#owner.onNameServerReady();
      else {
        this.#context.log.warn(
          `${circuit.name} speaks version 4.${circuit.minor}, which cannot search through TCP`,
        );
      }
    }
  }

  onCircuitGone(circuit: ClientCircuit): void {
    for (const server of this.#servers) {
      if (server.circuit !== circuit) continue;
      server.circuit = undefined;
      server.release = noStop;
      this.#retry(server);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const server of this.#servers) {
      server.stopRetry();
      server.release();
      server.circuit = undefined;
    }
  }

  async #connect(server: NameServer): Promise<void> {
    try {
      const addresses = await this.#context.network.lookup(server.host);
      const address = addresses.find(isIpv4) ?? addresses[0];
      if (this.#isClosed) return;
      if (address === undefined) throw new Error('no address');
      const circuit = this.#owner.circuitTo({ address, port: server.port }, 0);
      if (circuit.state === 'closed') throw new Error(`cannot connect to ${circuit.name}`);
      server.circuit = circuit;
      server.release = circuit.hold();
      if (circuit.minor > 0) this.onCircuitVersion(circuit);
    } catch (error) {
      this.#context.log.info(`name server "${server.host}" cannot be reached: ${errorText(error)}`);
      if (!this.#isClosed) this.#retry(server);
    }
  }

  #retry(server: NameServer): void {
    if (this.#isClosed) return;
    const delay = Math.min(FIRST_RETRY_MS * 2 ** server.failures, this.#context.config.connTmo * 1000);
    server.failures++;
    server.stopRetry = this.#context.deadlines.after(delay, () => void this.#connect(server));
  }
}

function isReady(server: NameServer): boolean {
  return server.circuit?.state === 'open' && server.circuit.minor >= MINOR_WITH_TCP_SEARCH;
}
