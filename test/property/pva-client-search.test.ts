import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginSearchRequest,
  decodeBeacon,
  decodeSearchRequest,
  decodeSearchResponse,
  encodeSearchResponse,
  endSearchRequest,
  formatGuid,
  readSocketAddress,
  SearchSchedule,
  SearchTarget,
  walkDatagram,
  writeSearchName,
  writeSocketAddress,
} from '../../src/pva/core/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { BytesReader, BytesWriter, isEpicsError } from '../../src/util/index.ts';

const runs = { numRuns: Number(process.env['FAST_CHECK_RUNS'] ?? 200) };
const port = fc.integer({ min: 0, max: 65535 });
const u32 = fc.nat({ max: 0xffffffff });

describe('search and beacon messages', () => {
  it('a request is read as it was written, in both byte orders', () => {
    const names = fc.array(fc.tuple(u32, fc.string({ unit: 'grapheme', maxLength: 60 })), { maxLength: 40 });
    fc.assert(
      fc.property(names, u32, port, fc.boolean(), (list, sequence, responsePort, littleEndian) => {
        const writer = new BytesWriter(64, littleEndian);
        const head = { sequence, flags: 0x81, responseAddress: '10.0.0.1', responsePort };
        const countAt = beginSearchRequest(writer, head);
        for (const [id, name] of list) writeSearchName(writer, id, name);
        endSearchRequest(writer, countAt, list.length);
        expect(decodeSearchRequest(new BytesReader(writer.toBytes(), littleEndian))).toEqual({
          ...head,
          protocols: ['tcp'],
          ids: list.map(([id]) => id),
          names: list.map(([, name]) => name),
        });
      }),
      runs,
    );
  });

  it('a response is read as it was written, in both byte orders', () => {
    const ids = fc.array(u32, { maxLength: 50 });
    const guid = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(ids, guid, u32, port, fc.boolean(), (list, bytes, sequence, at, littleEndian) => {
        const writer = new BytesWriter(64, littleEndian);
        encodeSearchResponse(writer, {
          guid: bytes,
          sequence,
          address: '',
          port: at,
          isFound: true,
          ids: list,
        });
        expect(decodeSearchResponse(new BytesReader(writer.toBytes(), littleEndian))).toEqual({
          guid: formatGuid(bytes),
          sequence,
          address: '',
          port: at,
          protocol: 'tcp',
          isFound: true,
          ids: list,
        });
      }),
      runs,
    );
  });

  it('any IPv4 or IPv6 address is read as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const write = (text: string): Uint8Array => {
          const writer = new BytesWriter();
          writeSocketAddress(writer, text);
          return writer.toBytes();
        };
        const bytes = write(address);
        // The text may differ, the bytes may not.
        const text = readSocketAddress(new BytesReader(bytes));
        expect(write(text).subarray(text === '' ? 12 : 0)).toEqual(bytes.subarray(text === '' ? 12 : 0));
      }),
      runs,
    );
  });

  it.each([
    ['request', decodeSearchRequest],
    ['response', decodeSearchResponse],
    ['beacon', decodeBeacon],
  ])(
    'L-6: no bytes make the %s decoder throw anything but a ProtocolError, nor read past the end',
    (_name, decode) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, littleEndian) => {
          const padded = new Uint8Array(bytes.length + 16).fill(1);
          padded.set(bytes);
          const reader = new BytesReader(padded, littleEndian).reset(padded, 0, bytes.length);
          try {
            decode(reader);
            expect(reader.position).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(isEpicsError(error, 'EPICS_PROTOCOL')).toBe(true);
          }
        }),
        runs,
      );
    },
  );

  it('L-6: no datagram makes the walk throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (parts) => {
        const bytes = Uint8Array.from(
          parts.flatMap((part) => [0xca, 2, 0, 3, part.length, 0, 0, 0, ...part]),
        );
        const fault = walkDatagram(new BytesReader(bytes), bytes, (_header, body) =>
          decodeSearchRequest(body),
        );
        expect(fault === undefined || isEpicsError(fault)).toBe(true);
      }),
      runs,
    );
  });
});

describe('SearchSchedule', () => {
  it('whatever is added, removed and boosted when, nothing is lost, asked for twice at once, or waits over 30 s', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'remove', 'run', 'run', 'run', 'boost'),
      which: fc.nat({ max: 30 }),
      ms: fc.integer({ min: 0, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const schedule = new SearchSchedule({
          random: seededRandom(seed),
          maxNames: 3,
          maxDatagramsPerTick: 2,
        });
        const targets = Array.from({ length: 31 }, (_, i) => new SearchTarget(i, `n${i}`));
        const dueBy = new Map<SearchTarget, number>();
        let now = 0;
        const runUntil = (end: number): void => {
          while (schedule.nextDeadline <= end) {
            now = Math.max(now, schedule.nextDeadline);
            const seen = new Set<SearchTarget>();
            schedule.next(now, (batch) => {
              expect(batch.length).toBeGreaterThan(0);
              for (const target of batch) {
                expect(seen.has(target)).toBe(false);
                seen.add(target);
                // The budget of two datagrams a tick may delay an attempt a little.
                expect(now).toBeLessThanOrEqual((dueBy.get(target) ?? -1) + 200);
                dueBy.set(target, now + 30_000);
              }
            });
          }
          now = end;
        };
        for (const { kind, which, ms } of steps) {
          const target = targets[which] as SearchTarget;
          if (kind === 'add' && !dueBy.has(target)) {
            schedule.add(target, now, Math.min(ms, 33_000));
            dueBy.set(target, now + Math.min(ms, 33_000) + 10);
          } else if (kind === 'remove') {
            schedule.remove(target);
            dueBy.delete(target);
          } else if (kind === 'run') runUntil(now + ms);
          else if (kind === 'boost') schedule.boost(now);
          expect(schedule.size).toBe(dueBy.size);
          expect(new Set(schedule.targets())).toEqual(new Set(dueBy.keys()));
        }
        runUntil(now + 31_000);
        for (const due of dueBy.values()) expect(due).toBeGreaterThanOrEqual(now);
      }),
      runs,
    );
  });
});
