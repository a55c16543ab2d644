import type { Endpoint } from '../../net/index.ts';
import { type CircuitOwner, ClientCircuit } from './circuit.ts';
import type { ClientContext } from './context.ts';

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
  *of(server: Endpoint): IterableIterator<ClientCircuit> {
    for (const circuit of this.#circuits.values()) {
      const { address, port } = circuit.endpoint;
      if (address === server.address && port === server.port) yield circuit;
    }
  }

  /** Sends what is left and closes all circuits. */
  closeAll(reason: Error): void {
    for (const circuit of [...this.#circuits.values()]) circuit.close(reason);
  }
}
