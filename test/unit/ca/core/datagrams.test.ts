import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  encodeSearchRequest,
  MAX_SEARCH_NAME_BYTES,
  readBeacons,
  readDatagram,
  readPayloadText,
  readSearchReplies,
  readSearchRequests,
  writeBeacon,
  writeDatagramVersion,
  writeNoop,
  writeRepeaterConfirm,
  writeRepeaterRegister,
  writeSearchReply,
} from '../../../../src/ca/core/datagrams.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesWriter } from '../../../../src/util/index.ts';

const goldenUrl = new URL('../../../golden/ca-vectors.json', import.meta.url);
const golden = new Map(
  (JSON.parse(readFileSync(goldenUrl, 'utf8')) as { vectors: { id: string; hex: string }[] }).vectors.map(
    (vector) => [vector.id, vector.hex],
  ),
);

function vector(id: string): Uint8Array {
  return fromHex(golden.get(id) ?? `no vector ${id}`);
}

function written(fill: (w: BytesWriter) => void): string {
  const w = new BytesWriter(64, false);
  fill(w);
  return toHex(w.toBytes());
}

function requestsIn(bytes: Uint8Array): unknown[] {
  const list: unknown[] = [];
  readSearchRequests(bytes, { onSearchRequest: (...call) => list.push(call) });
  return list;
}

function repliesIn(bytes: Uint8Array): unknown[] {
  const list: unknown[] = [];
  readSearchReplies(bytes, { onSearchReply: (...call) => list.push(call) });
  return list;
}

describe('search requests', () => {
  it('CA-U1, CA-W17: the recorded request of libca is read with version, sequence, names and cids', () => {
    expect(requestsIn(vector('udp-search-req'))).toEqual([
      ['T:ai', 1, 13, false, 0x11223344],
      ['NOPE', 2, 13, false, 0x11223344],
      ['T:ao', 3, 13, false, 0x11223344],
    ]);
  });

  it('CA-U1: VERSION and SEARCH messages written here are the recorded bytes', () => {
    const made = written((w) => {
      writeDatagramVersion(w, 0x11223344);
      w.raw(encodeSearchRequest('T:ai', 1));
      w.raw(encodeSearchRequest('NOPE', 2));
      w.raw(encodeSearchRequest('T:ao', 3));
    });
    expect(made).toBe(golden.get('udp-search-req'));
  });

  it('CA-W13: a request of minor 10 carries no sequence to echo', () => {
    expect(requestsIn(vector('udp-search-req-v10'))).toEqual([['T:ai', 1, 10, false, undefined]]);
  });

  it('CA-W13: without VERSION the minor comes from the count of each search', () => {
    expect(requestsIn(encodeSearchRequest('X', 7))).toEqual([['X', 7, 13, false, undefined]]);
  });

  it('CA-W18: DOREPLY marks a search whose failure is to be told', () => {
    expect(requestsIn(encodeSearchRequest('X', 7, true))).toEqual([['X', 7, 13, true, undefined]]);
  });

  it('CA-W17: a name without NUL is taken up to the end of the payload, an empty one is ignored', () => {
    const full = encodeSearchRequest('ABCDEFG', 1);
    full[16 + 7] = 0x48;
    expect(requestsIn(full)).toEqual([['ABCDEFGH', 1, 13, false, undefined]]);
    expect(requestsIn(encodeSearchRequest('', 1))).toEqual([]);
  });

  it('CA-W1: every name is padded with zeros to a multiple of 8 with at least one NUL', () => {
    for (let length = 1; length < 20; length++) {
      const bytes = encodeSearchRequest('N'.repeat(length), 1);
      expect(bytes.length % 8).toBe(0);
      expect(bytes[16 + length]).toBe(0);
      expect(bytes.length).toBeLessThanOrEqual(16 + length + 8);
    }
  });

  it('CA-W9: the longest name allowed fills a datagram of 1024 bytes with its VERSION', () => {
    expect(16 + encodeSearchRequest('N'.repeat(MAX_SEARCH_NAME_BYTES), 1).length).toBe(1024);
  });
});

describe('search replies', () => {
  it('CA-U3: the recorded reply of rsrv gives cid, port, sender as address, minor and sequence', () => {
    expect(repliesIn(vector('udp-search-rep'))).toEqual([
      [1, 25164, 0xffff_ffff, 13, 0x11223344],
      [3, 25164, 0xffff_ffff, 13, 0x11223344],
    ]);
  });

  it('CA-U16: replies written here are the recorded bytes', () => {
    const made = written((w) => {
      writeDatagramVersion(w, 0x11223344);
      writeSearchReply(w, 1, 25164);
      writeSearchReply(w, 3, 25164);
    });
    expect(made).toBe(golden.get('udp-search-rep'));
  });

  it('CA-U15: a reply to a client before 4.11 has no VERSION and is read without sequence', () => {
    expect(repliesIn(vector('udp-search-rep-v10'))).toEqual([[1, 25164, 0xffff_ffff, 13, undefined]]);
    expect(written((w) => writeSearchReply(w, 1, 25164))).toBe(golden.get('udp-search-rep-v10'));
  });

  it('CA-U4: the port of a server before 4.5 and the address of one before 4.8 are ignored', () => {
    const reply = (minor: number): Uint8Array =>
      fromHex(`00060008 1234 0000 0a000001 00000009 ${minor.toString(16).padStart(4, '0')} 000000000000`);
    expect(repliesIn(reply(4))).toEqual([[9, 0, 0xffff_ffff, 4, undefined]]);
    expect(repliesIn(reply(7))).toEqual([[9, 0x1234, 0xffff_ffff, 7, undefined]]);
    expect(repliesIn(reply(8))).toEqual([[9, 0x1234, 0x0a000001, 8, undefined]]);
  });

  it('a reply without payload counts as from the oldest server', () => {
    expect(repliesIn(fromHex('00060000 1234 0000 0a000001 00000009'))).toEqual([
      [9, 0, 0xffff_ffff, 0, undefined],
    ]);
  });
});

describe('beacons and the repeater', () => {
  function beaconsIn(bytes: Uint8Array): unknown[] {
    const list: unknown[] = [];
    readBeacons(bytes, {
      onBeacon: (...call) => list.push(['beacon', ...call]),
      onRepeaterConfirm: (...call) => list.push(['confirm', ...call]),
    });
    return list;
  }

  it('the recorded beacons give minor, port, counter and address', () => {
    expect(beaconsIn(vector('beacon'))).toEqual([['beacon', 13, 25164, 22, 0]]);
    expect(beaconsIn(vector('beacon-fanned'))).toEqual([['beacon', 13, 5064, 42, 0x7f000001]]);
  });

  it('beacons, registrations, confirmations and probes written here are the recorded bytes', () => {
    expect(written((w) => writeBeacon(w, 25164, 22))).toBe(golden.get('beacon'));
    expect(written((w) => writeBeacon(w, 5064, 42, 0x7f000001))).toBe(golden.get('beacon-fanned'));
    expect(written((w) => writeRepeaterRegister(w, 0x7f000001))).toBe(golden.get('repeater-register'));
    expect(written((w) => writeRepeaterConfirm(w, 0x7f000001))).toBe(golden.get('repeater-confirm'));
    expect(written((w) => writeNoop(w))).toBe(golden.get('repeater-noop'));
  });

  it('a confirmation tells the address that the repeater saw', () => {
    expect(beaconsIn(vector('repeater-confirm'))).toEqual([['confirm', 0x7f000001]]);
  });
});

describe('hostile datagrams', () => {
  it('CA-W6: reading stops at a truncated tail and keeps what came before', () => {
    const whole = vector('udp-search-req');
    for (let length = 0; length < whole.length; length++) {
      const list = requestsIn(whole.subarray(0, length));
      expect(list.length).toBe(length < 40 ? 0 : length < 64 ? 1 : 2);
    }
  });

  it('CA-W5: a payload that is no multiple of 8 ends the datagram', () => {
    const bytes = encodeSearchRequest('ABC', 1);
    bytes[3] = 7;
    expect(readDatagram(bytes, () => true)).toBe(false);
  });

  it('a visitor that answers false ends the reading', () => {
    let count = 0;
    readDatagram(vector('udp-search-req'), () => {
      count++;
      return false;
    });
    expect(count).toBe(1);
  });

  it('CA-W7: bytes behind the NUL of a name are not looked at', () => {
    const bytes = fromHex('414200ff fefdfcfb');
    expect(readPayloadText(bytes, 0, 8)).toBe('AB');
  });
});
