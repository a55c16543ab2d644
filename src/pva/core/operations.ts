import { requestOption, type Value } from '../../pvdata/index.ts';

/** Updates that a monitor queue holds when the client asks for nothing else. @see pvxs src/servermon.cpp */
export const DEFAULT_QUEUE_SIZE = 4;
/** The longest queue that a client can ask for. */
export const MAX_QUEUE_SIZE = 10_000;

// The bits of an event mask, as in Channel Access.
const DBE_VALUE = 1;
const DBE_ARCHIVE = 2;
const DBE_ALARM = 4;
const DBE_PROPERTY = 8;
const DBE_NAMES: Readonly<Record<string, number>> = {
  VALUE: DBE_VALUE,
  ARCHIVE: DBE_ARCHIVE,
  LOG: DBE_ARCHIVE,
  ALARM: DBE_ALARM,
  PROPERTY: DBE_PROPERTY,
};

/** What a monitor's pvRequest asks for. */
export interface MonitorRequest {
  readonly queueSize: number;
  /** Updates are sent only while the client has announced free places. */
  readonly isPipeline: boolean;
  /** Event mask. */
  readonly mask: number;
  /** Text for the client about an option that is not used. */
  readonly warning: string | undefined;
  /** Why the monitor cannot be; text for the INIT reply. */
  readonly error: string | undefined;
}

/** Reads `record._options` of a monitor. */
export function readMonitorRequest(
  pvRequest: Value | null,
  maxQueueSize: number = MAX_QUEUE_SIZE,
): MonitorRequest {
  const isPipeline = isYes(requestOption(pvRequest, 'pipeline'));
  const sizeText = requestOption(pvRequest, 'queueSize');
  let queueSize = DEFAULT_QUEUE_SIZE;
  let warning: string | undefined;
  let error: string | undefined;
  if (sizeText !== undefined) {
    const size = Number(sizeText);
    if (sizeText.trim() !== '' && Number.isFinite(size) && size >= 2) {
      queueSize = Math.min(Math.trunc(size), maxQueueSize);
    } else {
      const shown = `string = ${JSON.stringify(sizeText)}\n`;
      if (isPipeline) error = `can not pipeline invalid queueSize : ${shown}`;
      else warning = `Unable to use record._options.queueSize : ${shown}`;
    }
  }
  return { queueSize, isPipeline, mask: readEventMask(requestOption(pvRequest, 'DBE')), warning, error };
}

/**
 * The event mask of option `DBE`: a number, or names joined by `|`. Property changes always come, and value and alarm
 * changes when the option names none of value, archive and alarm.
 *
 * @see pvxs ioc/singlesource.cpp, onSubscribe
 */
export function readEventMask(text: string | undefined): number {
  let bits = 0;
  if (text !== undefined) {
    const number = Number(text);
    if (text.trim() !== '' && Number.isInteger(number) && number >= 0) bits = number;
    else {
      for (const word of text.split(/[|,\s]+/)) {
        bits |= DBE_NAMES[word.toUpperCase().replace(/^DBE_/, '')] ?? 0;
      }
    }
  }
  const events = bits & (DBE_VALUE | DBE_ARCHIVE | DBE_ALARM);
  return (events === 0 ? DBE_VALUE | DBE_ALARM : events) | DBE_PROPERTY;
}

/** What the pvRequest of a PUT, PUT_GET, PROCESS or GET asks for. */
export interface ProcessRequest {
  /** Whether the client wants the answer after processing. */
  readonly wait: boolean;
  readonly process: 'passive' | 'always' | 'never';
}

/** Reads `record._options.block` and `process`. */
export function readProcessRequest(pvRequest: Value | null): ProcessRequest {
  const process = requestOption(pvRequest, 'process');
  return {
    wait: isYes(requestOption(pvRequest, 'block')),
    process: isYes(process) ? 'always' : isNo(process) ? 'never' : 'passive',
  };
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && /^(true|yes|1)$/i.test(text.trim());
}

function isNo(text: string | undefined): boolean {
  return text !== undefined && /^(false|no|0)$/i.test(text.trim());
}
