import { ConfigError } from './errors.ts';

/** One entry of an address list. */
export interface AddressEntry {
  /** Host name or numeric address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Multicast time to live, from `,ttl`. */
  readonly ttl: number | undefined;
  /** Local interface address for multicast, from `@address`. */
  readonly onInterface: string | undefined;
}

const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/**
 * Parses `host`, `host:port`, `[ipv6]:port`, each with optional `,ttl` and `@interface`.
 *
 * @param key name of the setting, for the message.
 * @throws {ConfigError} EPICS_CONFIG naming key and entry.
 */
export function parseAddress(text: string, defaultPort: number, key: string): AddressEntry {
  const bad = (why: string): ConfigError => new ConfigError(`${key}: bad address "${text}": ${why}`, { key });
  let rest = text.trim();
  let onInterface: string | undefined;
  let ttl: number | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    onInterface = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (onInterface === '') throw bad('no interface after "@"');
  }
  const comma = rest.indexOf(',');
  if (comma >= 0) {
    ttl = Number(rest.slice(comma + 1));
    rest = rest.slice(0, comma);
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255) throw bad('the time to live is not from 0 to 255');
  }
  let host = rest;
  let portText: string | undefined;
  if (rest.startsWith('[')) {
    const close = rest.indexOf(']');
    if (close < 0) throw bad('"]" is missing');
    host = rest.slice(1, close);
    const tail = rest.slice(close + 1);
    if (tail !== '' && !tail.startsWith(':')) throw bad(`"${tail}" after "]"`);
    portText = tail === '' ? undefined : tail.slice(1);
    if (!isIpv6(host)) throw bad('not an IPv6 address');
  } else if (rest.split(':').length > 2) {
    if (!isIpv6(rest)) throw bad('not an IPv6 address; a port needs brackets');
  } else {
    const colon = rest.indexOf(':');
    if (colon >= 0) {
      host = rest.slice(0, colon);
      portText = rest.slice(colon + 1);
    }
    if (host === '') throw bad('no host');
    if (/^[0-9.]+$/.test(host) && !isIpv4(host)) throw bad('not an IPv4 address');
    if (!HOST.test(host)) throw bad('not a host name');
  }
  let port = defaultPort;
  if (portText !== undefined) {
    port = Number(portText);
    if (!/^[0-9]+$/.test(portText) || port > 65535) throw bad('the port is not from 0 to 65535');
  }
  return { host, port, ttl, onInterface };
}

/** Parses a list separated by blanks; see `parseAddress`. */
export function parseAddressList(text: string, defaultPort: number, key: string): AddressEntry[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => parseAddress(word, defaultPort, key));
}

/** `host:port`, with brackets around IPv6 addresses. */
export function formatEndpoint(endpoint: { readonly address: string; readonly port: number }): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}

/** Tells whether `text` is four decimal numbers 0..255 with dots between. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255);
}

/** Tells whether `text` looks like an IPv6 address, zone allowed. */
export function isIpv6(text: string): boolean {
  return /^[0-9a-fA-F:]+(:[0-9.]+)?(%[A-Za-z0-9]+)?$/.test(text) && text.split(':').length > 2;
}

/** Tells whether an IPv4 address is in 224.0.0.0/4 or an IPv6 address in ff00::/8. */
export function isMulticast(address: string): boolean {
  if (address.includes(':')) return /^ff/i.test(address);
  const first = Number(address.split('.', 1)[0]);
  return first >= 224 && first <= 239;
}

/** An IPv4 address as an unsigned 32-bit number. */
export function ipv4ToNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** An unsigned 32-bit number as an IPv4 address. */
export function numberToIpv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}
