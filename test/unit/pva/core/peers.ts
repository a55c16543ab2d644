import { readFileSync } from 'node:fs';
import {
  okStatus,
  PvaClientCommandRecorder,
  PvaClientConnection,
  type PvaClientHandler,
  PvaServerCommandRecorder,
  PvaServerConnection,
  type PvaServerHandler,
} from '../../../../src/pva/core/index.ts';
import type { Value } from '../../../../src/pvdata/index.ts';
import { fromHex } from '../../../../src/testing/index.ts';
import { SendBuffer } from '../../../../src/util/index.ts';

/** A server's end that accepts everybody and records what it hears. */
export class RecordingServer extends PvaClientCommandRecorder {
  readonly out: SendBuffer;
  readonly connection: PvaServerConnection;

  constructor(options: ConstructorParameters<typeof PvaServerConnection>[2] = {}) {
    super();
    this.out = new SendBuffer();
    this.connection = new PvaServerConnection(this satisfies PvaServerHandler, this.out, options);
  }

  override onConnectionValidation(
    bufferBytes: number,
    registrySize: number,
    qos: number,
    method: string,
    data: Value | null,
  ): void {
    super.onConnectionValidation(bufferBytes, registrySize, qos, method, data);
    this.connection.validated(okStatus);
  }

  feed(chunk: Uint8Array): void {
    this.connection.receive(chunk);
  }
  result(): RecordingServer['commands'] {
    return this.commands;
  }
}

/** A client's end that answers the greeting and records what it hears. */
export class RecordingClient extends PvaServerCommandRecorder {
  readonly out: SendBuffer;
  readonly connection: PvaClientConnection;

  constructor(options: ConstructorParameters<typeof PvaClientConnection>[2] = {}) {
    super();
    this.out = new SendBuffer();
    this.connection = new PvaClientConnection(this satisfies PvaClientHandler, this.out, options);
  }

  override onConnectionValidation(
    bufferBytes: number,
    registrySize: number,
    methods: readonly string[],
  ): void {
    super.onConnectionValidation(bufferBytes, registrySize, methods);
    this.connection.validate('anonymous', null);
  }

  feed(chunk: Uint8Array): void {
    this.connection.receive(chunk);
  }
  result(): RecordingClient['commands'] {
    return this.commands;
  }
}

/** Everything in an output buffer, which is then empty. */
export function takeBytes(out: SendBuffer): Uint8Array {
  const bytes = out.toBytes();
  out.clear();
  return bytes;
}

/** Carries bytes between both ends until neither has any. */
export function exchange(client: RecordingClient, server: RecordingServer): void {
  for (let turn = 0; turn < 100; turn++) {
    const toServer = takeBytes(client.out);
    const toClient = takeBytes(server.out);
    if (toServer.length === 0 && toClient.length === 0) return;
    if (toServer.length > 0) server.feed(toServer);
    if (toClient.length > 0) client.feed(toClient);
  }
  throw new Error('client and server talk without end');
}

/** Both ends, connected and validated, with empty records. */
export function openPair(littleEndian = true): { client: RecordingClient; server: RecordingServer } {
  const server = new RecordingServer({ littleEndian });
  const client = new RecordingClient();
  server.connection.greet(['anonymous', 'ca']);
  exchange(client, server);
  client.commands.length = 0;
  server.commands.length = 0;
  return { client, server };
}

export interface GoldenMessage {
  readonly from: 'client' | 'server';
  readonly label: string;
  readonly hex: string;
}
export interface GoldenSession {
  readonly name: string;
  readonly cached: { readonly client: boolean; readonly server: boolean };
  readonly messages: readonly GoldenMessage[];
}
interface GoldenFile {
  readonly sessions: readonly GoldenSession[];
  readonly messages: readonly { readonly name: string; readonly hex: string }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../golden/pva-sessions.json', import.meta.url), 'utf8'),
) as GoldenFile;

export const goldenSessions: readonly GoldenSession[] = golden.sessions;

/** A single captured message by the start of its name. */
export function goldenMessage(name: string): Uint8Array {
  const found = golden.messages.filter((message) => message.name.startsWith(name));
  if (found.length !== 1) throw new Error(`${found.length} golden messages are named "${name}..."`);
  return fromHex((found[0] as { hex: string }).hex);
}

/** The bytes that one side sent in a session, behind a handshake when the session lacks one. */
export function goldenStream(session: GoldenSession, from: 'client' | 'server'): Uint8Array[] {
  const own = session.messages
    .filter((message) => message.from === from)
    .map((message) => fromHex(message.hex));
  if (session.messages.some((message) => message.label === 'CONN_VALIDATION')) return own;
  const opening = (goldenSessions[0] as GoldenSession).messages
    .filter((message) => message.from === from && /CONN_VALID|SetEndian/.test(message.label))
    .map((message) => fromHex(message.hex));
  // Excerpts of pvAccessCPP use the empty request that they cached before as type 2.
  const caching = from === 'client' && session.cached.client ? [cachedRequest()] : [];
  return [...opening, ...caching, ...own];
}

function cachedRequest(): Uint8Array {
  const session = goldenSessions.find((other) => other.name.startsWith('GV-11')) as GoldenSession;
  const init = session.messages.find((message) => message.label === 'GET' && message.from === 'client');
  return fromHex((init as GoldenMessage).hex);
}

/** Several byte arrays as one. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
