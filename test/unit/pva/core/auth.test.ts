import { describe, expect, it } from 'vitest';
import { chooseMethod, decodeCaIdentity, encodeCaIdentity } from '../../../../src/pva/core/index.ts';
import { encodeAny, structType, Value } from '../../../../src/pvdata/index.ts';
import { toHex } from '../../../../src/testing/index.ts';
import { BytesWriter } from '../../../../src/util/index.ts';

describe('authentication', () => {
  it.each([
    [['anonymous', 'ca'], 'ca'],
    [['ca', 'anonymous'], 'anonymous'],
    [['anonymous', 'ca', 'krb5', '', 'ca'], 'ca'],
    [['krb5'], 'anonymous'],
    [[], 'anonymous'],
  ])('of %j the last supported is chosen (PVA-W-38)', (offered, method) => {
    expect(chooseMethod(offered, ['anonymous', 'ca'])).toBe(method);
  });

  it('`ca` data are a structure without id of user and host (PVA-W-40)', () => {
    const writer = new BytesWriter();
    encodeAny(writer, encodeCaIdentity({ user: 'me', host: 'pc' }));
    expect(toHex(writer.toBytes())).toBe('800002047573657260' + '04686f737460' + '026d65' + '027063');
  });

  it('what is missing or of another type is empty', () => {
    expect(decodeCaIdentity(null)).toEqual({ user: '', host: '' });
    expect(decodeCaIdentity(Value.from(structType('', { user: 'int' }), { user: 3 }))).toEqual({
      user: '',
      host: '',
    });
    expect(decodeCaIdentity(encodeCaIdentity({ user: 'u', host: 'h' }))).toEqual({ user: 'u', host: 'h' });
  });
});
