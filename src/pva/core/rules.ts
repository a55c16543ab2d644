import {
  CMD_ACL_CHANGE,
  CMD_ARRAY,
  CMD_AUTHNZ,
  CMD_BEACON,
  CMD_CANCEL_REQUEST,
  CMD_CONNECTION_VALIDATED,
  CMD_CONNECTION_VALIDATION,
  CMD_CREATE_CHANNEL,
  CMD_DESTROY_CHANNEL,
  CMD_DESTROY_REQUEST,
  CMD_ECHO,
  CMD_GET,
  CMD_GET_FIELD,
  CMD_MESSAGE,
  CMD_MONITOR,
  CMD_MULTIPLE_DATA,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_RPC,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
} from './constants.ts';

/** Which end of the connection we are. */
export type PvaRole = 'client' | 'server';

/**
 * `greeting`: before the server's (client: received, server: sent) or the client's validation;
 * `validating`: the client waits for the server's verdict; `open`: channels may be used; `failed`, `closed`: nothing more.
 */
export type PvaState = 'greeting' | 'validating' | 'open' | 'failed' | 'closed';

const OPERATIONS = [
  CMD_GET,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_MONITOR,
  CMD_ARRAY,
  CMD_PROCESS,
  CMD_GET_FIELD,
  CMD_RPC,
];
const ALWAYS = [CMD_ECHO, CMD_MESSAGE, CMD_AUTHNZ];
const REPLIES = [
  ...ALWAYS,
  CMD_BEACON,
  CMD_SEARCH_RESPONSE,
  CMD_ACL_CHANGE,
  CMD_CREATE_CHANNEL,
  CMD_DESTROY_CHANNEL,
  CMD_MULTIPLE_DATA,
  ...OPERATIONS,
];

/**
 * Messages that each role may receive in each state. A message that the role knows but that is not listed is a
 * violation; a message that the role does not know in any state is skipped.
 */
export const pvaRules: Readonly<Record<PvaRole, Readonly<Record<PvaState, readonly number[]>>>> = {
  server: {
    // pvxs and pvAccessCPP clients create channels right behind their validation, some before the verdict.
    greeting: [...ALWAYS, CMD_CONNECTION_VALIDATION, CMD_CREATE_CHANNEL, CMD_SEARCH],
    validating: [...ALWAYS, CMD_CREATE_CHANNEL, CMD_SEARCH],
    open: [
      ...ALWAYS,
      CMD_SEARCH,
      CMD_CREATE_CHANNEL,
      CMD_DESTROY_CHANNEL,
      ...OPERATIONS,
      CMD_DESTROY_REQUEST,
      CMD_CANCEL_REQUEST,
    ],
    failed: [],
    closed: [],
  },
  client: {
    greeting: [...ALWAYS, CMD_CONNECTION_VALIDATION, CMD_BEACON, CMD_SEARCH_RESPONSE],
    validating: [...ALWAYS, CMD_CONNECTION_VALIDATED, CMD_BEACON, CMD_SEARCH_RESPONSE],
    open: REPLIES,
    failed: [],
    closed: [],
  },
};

/** What to do with a message. */
export const Verdict = { Skip: 0, Take: 1, Violation: 2 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Compiles the rules of one role: per state, the verdict for each command code. */
export function compileRules(role: PvaRole): Readonly<Record<PvaState, Uint8Array>> {
  const rules = pvaRules[role];
  const known = new Uint8Array(256);
  for (const list of Object.values(rules)) for (const command of list) known[command] = Verdict.Violation;
  const compile = (state: PvaState): Uint8Array => {
    const table = known.slice();
    for (const command of rules[state]) table[command] = Verdict.Take;
    return table;
  };
  return {
    greeting: compile('greeting'),
    validating: compile('validating'),
    open: compile('open'),
    failed: compile('failed'),
    closed: compile('closed'),
  };
}
