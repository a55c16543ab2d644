import { afterEach } from 'vitest';
import { PvaClientOn, type PvaClientOptions } from '../../../../src/pva/index.ts';
import {
  type VirtualHost,
  VirtualNetwork,
  type VirtualNetworkOptions,
} from '../../../../src/testing/index.ts';
import type { Logger } from '../../../../src/util/index.ts';
import { ScriptedServer } from './scripted-server.ts';

/** Log lines by level. */
export class TestLog {
  readonly lines: string[] = [];
  readonly logger: Logger = this.#make();

  #make(): Logger {
    const write =
      (level: string) =>
      (a: unknown, b?: string): void => {
        this.lines.push(`${level} ${typeof a === 'string' ? a : (b ?? '')}`);
      };
    const logger: Logger = {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      isLevelEnabled: () => true,
      child: () => logger,
    };
    return logger;
  }
}

/** A client and a scripted server on a virtual network. */
export class Harness {
  readonly network: VirtualNetwork;
  readonly serverHost: VirtualHost;
  readonly clientHost: VirtualHost;
  readonly server: ScriptedServer;
  readonly client: PvaClientOn;
  readonly log: TestLog;

  constructor(names: readonly string[], options: PvaClientOptions, network: VirtualNetworkOptions) {
    this.network = new VirtualNetwork(network);
    this.serverHost = this.network.host('ioc', { addresses: ['10.0.0.1/24'] });
    this.clientHost = this.network.host('opi', { addresses: ['10.0.0.2/24'] });
    this.server = new ScriptedServer(this.serverHost, ...names);
    this.log = new TestLog();
    this.client = new PvaClientOn(this.clientHost, options, { env: {}, logger: this.log.logger });
  }

  get nowMs(): number {
    return this.network.clock.monotonicMs;
  }

  /** Lets virtual time pass until the promise settles, at most `limitMs`. */
  async settle<T>(promise: Promise<T>, limitMs = 10_000): Promise<T> {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    promise.then(done, done);
    await this.network.clock.until(() => isDone, limitMs);
    return promise;
  }

  /** The error that a promise rejects with. */
  async rejection(promise: Promise<unknown>, limitMs = 10_000): Promise<Error> {
    try {
      await this.settle(promise, limitMs);
    } catch (error) {
      return error as Error;
    }
    throw new Error('the promise was fulfilled');
  }

  async until(isTrue: () => boolean, limitMs = 10_000): Promise<void> {
    await this.network.clock.until(isTrue, limitMs);
  }

  async advance(ms: number): Promise<void> {
    await this.network.clock.advanceAsync(ms);
  }

  async close(): Promise<void> {
    const closing = this.client.close();
    await this.settle(closing);
    this.server.stop();
  }
}

const open: Harness[] = [];

/** Makes a harness whose server runs; both ends close after the test. */
export async function makeHarness(
  names: readonly string[] = ['x'],
  options: PvaClientOptions = {},
  network: VirtualNetworkOptions = {},
): Promise<Harness> {
  const harness = new Harness(names, { listenBeacons: false, ...options }, network);
  open.push(harness);
  await harness.server.start();
  return harness;
}

afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});
