import {
  CMD_ACCESS_RIGHTS,
  CMD_CLEAR_CHANNEL,
  CMD_CLIENT_NAME,
  CMD_CREATE_CH_FAIL,
  CMD_CREATE_CHAN,
  CMD_ECHO,
  CMD_ERROR,
  CMD_EVENT_ADD,
  CMD_EVENT_CANCEL,
  CMD_EVENTS_OFF,
  CMD_EVENTS_ON,
  CMD_HOST_NAME,
  CMD_NOT_FOUND,
  CMD_READ,
  CMD_READ_NOTIFY,
  CMD_READ_SYNC,
  CMD_SEARCH,
  CMD_SERVER_DISCONN,
  CMD_VERSION,
  CMD_WRITE,
  CMD_WRITE_NOTIFY,
} from './constants.ts';

/** Which end of a circuit an object plays. */
export type CircuitRole = 'client' | 'server';

/** Life of a circuit: `open` from the start, `closed` after a violation or `close()`. */
export type CircuitState = 'open' | 'closed';

/**
 * Commands that a role may receive in each state; an unlisted one is unknown.
 *
 * Channel Access has no order of messages beyond this: even VERSION is legal at any time and more than once, because
 * clients send whole search datagrams through circuits to name servers. Ids carry the rest of the state.
 */
export const circuitRules: Readonly<Record<CircuitRole, Readonly<Record<CircuitState, readonly number[]>>>> =
  {
    server: {
      open: [
        CMD_VERSION,
        CMD_EVENT_ADD,
        CMD_EVENT_CANCEL,
        CMD_READ,
        CMD_WRITE,
        CMD_SEARCH,
        CMD_EVENTS_OFF,
        CMD_EVENTS_ON,
        CMD_READ_SYNC,
        CMD_CLEAR_CHANNEL,
        CMD_READ_NOTIFY,
        CMD_CREATE_CHAN,
        CMD_WRITE_NOTIFY,
        CMD_CLIENT_NAME,
        CMD_HOST_NAME,
        CMD_ECHO,
      ],
      closed: [],
    },
    client: {
      open: [
        CMD_VERSION,
        CMD_EVENT_ADD,
        CMD_READ,
        CMD_SEARCH,
        CMD_READ_SYNC,
        CMD_ERROR,
        CMD_CLEAR_CHANNEL,
        CMD_NOT_FOUND,
        CMD_READ_NOTIFY,
        CMD_CREATE_CHAN,
        CMD_WRITE_NOTIFY,
        CMD_ACCESS_RIGHTS,
        CMD_ECHO,
        CMD_CREATE_CH_FAIL,
        CMD_SERVER_DISCONN,
      ],
      closed: [],
    },
  };

/** Tells whether `role` may receive `command` in `state`. */
export function isLegal(role: CircuitRole, state: CircuitState, command: number): boolean {
  return circuitRules[role][state].includes(command);
}
