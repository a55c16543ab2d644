import type { Endpoint } from '../../net/index.ts';
import { noStop, type Stop } from '../../util/index.ts';
import { type CircuitOwner, ClientCircuit } from './circuit.ts';
import type { ClientContext } from './context.ts';

/** Time for what is left to be sent, in ms. */
const FLUSH_MS = 250;

/** What the owner of a pool is told. */
export type PoolOwner = Pick<CircuitOwner, 'onNameFound' | 'onCircuitVersion' | 'onCircuitGone'>;

/** The circuits of a client: one for each server and priority. */
export class CircuitPool {
  readonly #context: ClientContext;
  readonly #owner: PoolOwner;
  readonly #circuits = new Map<string, ClientCircuit>();

  constructor(context: ClientContext, owner: PoolOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  get size(): number {
    return this.#circuits.size;
  }

  values(): IterableIterator<ClientCircuit> {
    return this.#circuits.values();
  }

  /** The circuit to a server, opened when there is none. @param priority 0..99. */
  to(server: Endpoint, priority: number): ClientCircuit {
    const key = `${server.address}:${server.port}/${priority}`;
    const known = this.#circuits.get(key);
    if (known !== undefined) return known;
    const circuit = new ClientCircuit(
      this.#context,
      {
        onNameFound: (cid, found, from) => this.#owner.onNameFound(cid, found, from),
        onCircuitVersion: (from) => this.#owner.onCircuitVersion(from),
        onCircuitGone: (gone) => {
          if (this.#circuits.get(key) === gone) this.#circuits.delete(key);
          this.#owner.onCircuitGone(gone);
        },
      },
      server,
      priority,
    );
    this.#circuits.set(key, circuit);
    circuit.start();
    return circuit;
  }

  /** Circuits to a server, of any priority. */
  of(server: Endpoint): ClientCircuit[] {
    return [...this.#circuits.values()].filter(
      ({ endpoint }) => endpoint.address === server.address && endpoint.port === server.port,
    );
  }

  /** Sends what is left for at most 250 ms and closes all circuits. */
  async closeAll(reason: Error): Promise<void> {
    const circuits = [...this.#circuits.values()];
    for (const circuit of circuits) {
      circuit.close(reason);
      circuit.keepProcess();
    }
    await this.#endOf(circuits);
    for (const circuit of circuits) circuit.destroy();
    await this.#endOf(circuits);
  }

  async #endOf(circuits: readonly ClientCircuit[]): Promise<void> {
    const { clock } = this.#context;
    let stop: Stop = noStop;
    const limit = new Promise<void>((resolve) => {
      stop = clock.at(clock.monotonicMs + FLUSH_MS, resolve);
    });
    await Promise.race([Promise.all(circuits.map((circuit) => circuit.ended)), limit]);
    stop();
  }
}
