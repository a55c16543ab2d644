import { describe, expect, it } from 'vitest';
import {
  beginMessage,
  beginSearchRequest,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  decodeSearchRequest,
  decodeSearchResponse,
  encodeSearchResponse,
  endMessage,
  endSearchRequest,
  FLAG_FROM_SERVER,
  parseGuid,
  readHeader,
  SEARCH_OVERHEAD_BYTES,
  SearchFlag,
  writeSearchName,
} from '../../../../src/pva/core/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';

const pvxsSearch =
  'ca 02 80 03 00 00 00 2a 66 69 6e 64 80 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 a6 7f 01 03 74 63 70 00 01 12 34 56 78 04 74 3a 61 6f';
const pvacSearch =
  'ca 02 00 03 2a 00 00 00 01 00 00 00 80 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff 00 00 00 00 83 e6 01 03 74 63 70 01 00 41 30 20 10 04 74 3a 61 6f';
const pvacFive =
  'ca 02 00 03 4e 00 00 00 02 00 00 00 80 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff 00 00 00 00 65 d2 01 03 74 63 70 05 00 42 30 20 10 04 74 3a 62 6f 43 30 20 10 04 74 3a 77 66 44 30 20 10 04 74 3a 73 69 45 30 20 10 04 74 3a 77 73 46 30 20 10 04 74 3a 6c 69';
const pvxsResponse =
  'ca 02 c0 04 00 00 00 2d c5 30 1b f4 06 13 da 9e 16 56 ca 08 66 69 6e 64 00 00 00 00 00 00 00 00 00 00 ff ff 00 00 00 00 61 f3 03 74 63 70 01 00 01 00 00 00 01';

function body(hex: string): BytesReader {
  const reader = new BytesReader(fromHex(hex));
  readHeader(reader);
  return reader;
}

describe('search request', () => {
  it('PVA GV-8: the request of a pvxs client is read', () => {
    expect(decodeSearchRequest(body(pvxsSearch))).toEqual({
      sequence: 0x66696e64,
      flags: SearchFlag.Unicast,
      responseAddress: '',
      responsePort: 0xa67f,
      protocols: ['tcp'],
      ids: [0x12345678],
      names: ['t:ao'],
    });
  });

  it('PVA GV-8: the request of a pvAccessCPP client is read, and written back byte for byte', () => {
    const request = decodeSearchRequest(body(pvacSearch));
    expect(request).toMatchObject({ sequence: 1, responsePort: 59011, ids: [0x10203041], names: ['t:ao'] });
    const writer = new BytesWriter();
    const at = beginMessage(writer, 0, CMD_SEARCH);
    const countAt = beginSearchRequest(writer, request);
    writeSearchName(writer, request.ids[0] as number, 't:ao');
    endSearchRequest(writer, countAt, 1);
    endMessage(writer, at);
    expect(toHex(writer.toBytes())).toBe(toHex(fromHex(pvacSearch)));
  });

  it('PVA GV-8: five names in one request are read', () => {
    const request = decodeSearchRequest(body(pvacFive));
    expect(request.names).toEqual(['t:bo', 't:wf', 't:si', 't:ws', 't:li']);
    expect(request.ids).toEqual([0x10203042, 0x10203043, 0x10203044, 0x10203045, 0x10203046]);
  });

  it('a request without names takes the overhead that is announced', () => {
    const writer = new BytesWriter();
    const at = beginMessage(writer, 0, CMD_SEARCH);
    const countAt = beginSearchRequest(writer, {
      sequence: 0,
      flags: 1,
      responseAddress: '',
      responsePort: 1,
    });
    endSearchRequest(writer, countAt, 0);
    endMessage(writer, at);
    expect(writer.position).toBe(SEARCH_OVERHEAD_BYTES);
  });

  it('a discovery ping without protocols is read', () => {
    const writer = new BytesWriter();
    const countAt = beginSearchRequest(
      writer,
      { sequence: 0, flags: 1, responseAddress: '1.2.3.4', responsePort: 1 },
      [],
    );
    endSearchRequest(writer, countAt, 0);
    expect(decodeSearchRequest(new BytesReader(writer.toBytes()))).toMatchObject({
      protocols: [],
      names: [],
      responseAddress: '1.2.3.4',
    });
  });

  it('cut at any byte it is a ProtocolError', () => {
    const bytes = fromHex(pvacFive);
    for (let end = 8; end < bytes.length; end++) {
      const reader = new BytesReader(bytes.slice(0, end));
      reader.skip(8);
      expect(() => decodeSearchRequest(reader)).toThrow(/ends early|bad/);
    }
  });

  it('L-5: over 1000 names, or a null list of protocols, are a ProtocolError', () => {
    const bytes = fromHex(pvacSearch);
    bytes[39] = 0xe9;
    bytes[40] = 0x03;
    expect(() => decodeSearchRequest(body(toHex(bytes)))).toThrow('1001 names, limit 1000');
    const nulls = fromHex(pvacSearch);
    nulls[34] = 0xff;
    expect(() => decodeSearchRequest(body(toHex(nulls)))).toThrow('protocol count -1');
  });
});

describe('search response', () => {
  it('PVA GV-8: the response of a pvxs server is read, and written back byte for byte', () => {
    const response = decodeSearchResponse(body(pvxsResponse));
    expect(response).toEqual({
      guid: 'c5301bf40613da9e1656ca08',
      sequence: 0x66696e64,
      address: '',
      port: 25075,
      protocol: 'tcp',
      isFound: true,
      ids: [1],
    });
    const writer = new BytesWriter(64, false);
    const at = beginMessage(writer, FLAG_FROM_SERVER, CMD_SEARCH_RESPONSE);
    encodeSearchResponse(writer, { ...response, guid: parseGuid(response.guid) as Uint8Array });
    endMessage(writer, at);
    expect(toHex(writer.toBytes())).toBe(toHex(fromHex(pvxsResponse)));
  });

  it('a count of ids beyond the end is a ProtocolError before anything is allocated', () => {
    const bytes = fromHex(pvxsResponse);
    bytes[47] = 0xff;
    expect(() => decodeSearchResponse(body(toHex(bytes)))).toThrow('ids announced');
  });
});
