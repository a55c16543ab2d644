import { describe, expect, it } from 'vitest';
import {
  CMD_CONNECTION_VALIDATED,
  CMD_CREATE_CHANNEL,
  CMD_ECHO,
  CMD_GET,
  CMD_SEARCH_RESPONSE,
  compileRules,
  pvaRules,
  Verdict,
} from '../../../../src/pva/core/index.ts';

describe('pvaRules', () => {
  it('every message of a role is legal in some state', () => {
    for (const rules of Object.values(pvaRules)) {
      expect(rules.failed).toEqual([]);
      expect(rules.closed).toEqual([]);
      expect(new Set(rules.open).size).toBe(rules.open.length);
    }
  });

  it('known but not now is a violation, unknown to the role is skipped', () => {
    const server = compileRules('server');
    expect(server.greeting[CMD_GET]).toBe(Verdict.Violation);
    expect(server.open[CMD_GET]).toBe(Verdict.Take);
    expect(server.open[CMD_SEARCH_RESPONSE]).toBe(Verdict.Skip);
    expect(server.open[200]).toBe(Verdict.Skip);
    expect(server.greeting[CMD_CREATE_CHANNEL]).toBe(Verdict.Take);
    const client = compileRules('client');
    expect(client.open[CMD_CONNECTION_VALIDATED]).toBe(Verdict.Violation);
    expect(client.validating[CMD_CONNECTION_VALIDATED]).toBe(Verdict.Take);
    expect(client.failed[CMD_ECHO]).toBe(Verdict.Violation);
  });
});
