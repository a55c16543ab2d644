import { networkInterfaces } from 'node:os';
import { ipv4ToNumber, numberToIpv4 } from '../util/index.ts';
import type { NetInterface } from './transport.ts';

/** The IPv4 addresses of this machine, with the broadcast address of each that has one. */
export function listInterfaces(): NetInterface[] {
  const list: NetInterface[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const entry of addresses ?? []) {
      if (entry.family !== 'IPv4') continue;
      list.push({
        name,
        address: entry.address,
        netmask: entry.netmask,
        broadcast: entry.internal ? undefined : broadcastOf(entry.address, entry.netmask),
        isLoopback: entry.internal,
      });
    }
  }
  return list;
}

/** Broadcast address of a subnet; undefined for point-to-point masks, which have none. */
export function broadcastOf(address: string, netmask: string): string | undefined {
  const mask = ipv4ToNumber(netmask);
  if (mask >= 0xfffffffe) return undefined;
  return numberToIpv4((ipv4ToNumber(address) | ~mask) >>> 0);
}
