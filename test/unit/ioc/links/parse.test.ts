import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConstantNumber, parseLink } from '../../../../src/ioc/links/parse.ts';

describe('parseLink', () => {
  it('D1.1 tells constants, arrays, addresses and PV links apart', () => {
    expect(parseLink('  ', 'inlink')).toEqual({ kind: 'none', text: '' });
    expect(parseLink(' 1.5e2 ', 'inlink')).toMatchObject({ kind: 'constant', value: 150 });
    expect(parseLink('[1, 2.5,0x10]', 'inlink')).toMatchObject({ kind: 'constant', value: [1, 2.5, 16] });
    expect(parseLink('["a","b c"]', 'inlink')).toMatchObject({ value: ['a', 'b c'] });
    expect(parseLink('@dev 1', 'outlink')).toMatchObject({ kind: 'address', address: 'dev 1' });
    expect(parseLink('B', 'inlink')).toMatchObject({ kind: 'pv', target: 'B' });
    expect(parseLink('{const:"txt"}', 'inlink')).toMatchObject({ kind: 'constant', value: 'txt' });
    expect(parseLink('{"const": 12}', 'inlink')).toMatchObject({ value: 12 });
  });

  it('D1.2 D1.4 finds modifiers in any order and normalises the text', () => {
    expect(parseLink('B.VAL MS PP', 'inlink').text).toBe('B.VAL PP MS');
    expect(parseLink('B', 'inlink').text).toBe('B NPP NMS');
    expect(parseLink('B CPP MSI', 'inlink').text).toBe('B CPP MSI');
    expect(parseLink('B', 'fwdlink').text).toBe('B');
    expect(parseLink('B.PROC CA', 'fwdlink').text).toBe('B.PROC CA');
  });

  it('D1.3 drops modifiers that the kind of link cannot have', () => {
    expect(parseLink('B CP', 'outlink').text).toBe('B CA NMS');
    expect(parseLink('B PP MS', 'fwdlink').text).toBe('B');
  });

  it('refuses broken text', () => {
    for (const text of ['[1, "a"]', '[1', '{foo:1}', '{const:x}'])
      expect(() => parseLink(text, 'inlink')).toThrow();
  });

  it('reads its own normalised text back to the same link', () => {
    const word = fc.stringMatching(/^[A-Z][A-Z0-9:]{0,8}(\.[A-Z]{1,4})?$/);
    fc.assert(
      fc.property(
        word,
        fc.constantFrom('', 'PP', 'CA', 'CP', 'CPP'),
        fc.constantFrom('', 'MS', 'MSI', 'MSS'),
        (name, p, s) => {
          fc.pre(parseConstantNumber(name) === undefined);
          const link = parseLink(`${name} ${p} ${s}`, 'inlink');
          expect(parseLink(link.text, 'inlink')).toEqual(link);
        },
      ),
    );
  });
});

describe('parseConstantNumber', () => {
  it('takes decimal, hexadecimal, octal, infinities and integers beyond 2^53', () => {
    const values = ['31', '0x1F', '010', '-7', '1e3', '.5', '-inf', 'Infinity', '18446744073709551615'].map(
      parseConstantNumber,
    );
    expect(values).toEqual([31, 31, 8, -7, 1000, 0.5, -Infinity, Infinity, 18446744073709551615n]);
    expect(parseConstantNumber('nan')).toBeNaN();
    expect(['1x', '', 'B', '0x'].map(parseConstantNumber)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
