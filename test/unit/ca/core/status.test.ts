import { expect, test } from 'vitest';
import {
  ECA_BADTYPE,
  ECA_NORMAL,
  ECA_UNRESPTMO,
  ecaMessage,
  ecaName,
  ecaTable,
  isEcaSuccess,
} from '../../../../src/ca/core/index.ts';

test('CA-W38 all 61 statuses have their number, class, name and text', () => {
  const table = ecaTable();
  expect(table).toHaveLength(61);
  table.forEach(({ code, name, text }, number) => {
    expect(code >> 3).toBe(number);
    expect(ecaName(code)).toBe(name);
    expect(ecaMessage(code)).toBe(text);
  });
  expect([ECA_NORMAL, ECA_BADTYPE, ECA_UNRESPTMO]).toEqual([1, 114, 480]);
  // Spelled as the reference prints it: scripts match the text.
  expect(ecaMessage(ECA_BADTYPE)).toBe('The data type specifed is invalid');
});

test('CA-W39 unknown statuses are kept and named by number', () => {
  expect(ecaName(0xffff)).toBe('ECA 0xffff');
  expect(ecaName(2)).toBe('ECA 0x2');
  expect(ecaMessage(0xffff)).toBe('new CA message number known only by server - see caerr.h');
});

test('the lowest bit tells success', () => {
  expect(isEcaSuccess(ECA_NORMAL)).toBe(true);
  expect(isEcaSuccess(ECA_BADTYPE)).toBe(false);
});
