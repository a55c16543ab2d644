import { describe, expect, it } from 'vitest';
import { isLinkType } from '../../../../src/ioc/dbd/field-def.ts';
import { Database } from '../../../../src/ioc/index.ts';
import { recordTypes } from '../../../../src/ioc/types/index.ts';

describe('record type tables', () => {
  it('0.3 agree with the storage of their classes, defaults included', () => {
    for (const type of recordTypes.values()) {
      const record = type.create({
        name: 'X',
        type,
        context: undefined as never,
        info: new Map(),
        device: undefined,
      });
      for (const field of type.fields) {
        if (field.type === 'noaccess') continue;
        const slot = record.slot(field.name);
        const where = `${type.name}.${field.name}`;
        if (field.name === 'NAME') expect(slot).toBe('X');
        else if (isLinkType(field.type)) expect([where, slot]).toEqual([where, { kind: 'none', text: '' }]);
        else if (field.type === 'array') expect(slot).toBeInstanceOf(Int8Array);
        else if (field.type === 'string' || field.type === 'lstring')
          expect([where, slot]).toEqual([where, '']);
        else {
          const index = field.menu.indexOf(field.initial);
          const wide = field.type === 'int64' || field.type === 'uint64';
          const value = index >= 0 ? index : Number(field.initial);
          expect([where, slot]).toEqual([where, wide ? BigInt(value) : value]);
        }
      }
    }
  });

  it('every record type can be made and processed, and every field read', () => {
    for (const name of recordTypes.keys()) {
      const database = new Database();
      const record = database.addRecord(name, 'X');
      record.process();
      for (const field of recordTypes.get(name)?.fields ?? []) {
        if (field.type === 'noaccess') continue;
        expect(record.getField(field.name)).toBeDefined();
        expect(database.openField(`X.${field.name}`)?.snapshot().value).toBeDefined();
      }
    }
  });
});
