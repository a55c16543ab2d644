import {
  DBR_CHAR,
  DBR_CLASS_NAME,
  DBR_DOUBLE,
  DBR_ENUM,
  DBR_FLOAT,
  DBR_STRING,
  DBR_STSACK_STRING,
  type DbrData,
  DbrFamily,
  dbrFamily,
  dbrName,
  dbrPlain,
  ecaMessage,
} from '../ca/index.ts';
import { alarmConditionName, fromEpicsTime, type TimeStamp } from '../pv/index.ts';
import { formatC } from './c-number.ts';
import { fromByteString } from './c-text.ts';
import { elementParts, severityName, toReading } from './ca-format.ts';
import type { CaSettings } from './ca-settings.ts';
import { formatLongTime, formatTime } from './local-time.ts';

const LABEL_WIDTH = 18;

/** `    Units:            mm`: one line of a block. */
export function blockLine(label: string, text: string): string {
  return `    ${`${label}:`.padEnd(LABEL_WIDTH)}${text}\n`;
}

/** `DBF_DOUBLE`: the name of a plain type as a field type. */
export function dbfName(plain: number): string {
  return dbrName(plain).replace(/^DBR_/, 'DBF_');
}

/**
 * Everything a DBR value holds, one line each, as `caget -d` prints it.
 *
 * @param count elements that were asked for.
 */
export function formatBlock(native: number, data: DbrData, count: number, settings: CaSettings): string {
  const reading = toReading(data, count);
  const { dbrType } = data;
  let text = blockLine('Native data type', dbfName(native)) + blockLine('Request type', dbrName(dbrType));
  if (dbrType === DBR_CLASS_NAME) {
    return text + blockLine('Class Name', fromByteString(String(reading.values[0] ?? '')));
  }
  text += blockLine('Element count', String(reading.count));
  text += blockLine('Value', elementParts(reading, settings).join(settings.separator));
  const family = dbrFamily(dbrType);
  if (family === DbrFamily.Plain) return text;
  if (family === DbrFamily.Time) {
    const time = fromEpicsTime(data.epicsSeconds, data.nanoseconds);
    text += blockLine('Timestamp', formatTime(time, 6, settings.isUtc));
  }
  text += blockLine('Status', alarmConditionName(data.status));
  text += blockLine('Severity', severityName(data.severity));
  if (dbrType === DBR_STSACK_STRING) {
    text += blockLine('Ack transient?', data.ackTransient ? 'YES' : 'NO');
    return text + blockLine('Ack severity', severityName(data.ackSeverity));
  }
  if (family !== DbrFamily.Gr && family !== DbrFamily.Ctrl) return text;
  const plain = dbrPlain(dbrType);
  if (plain === DBR_STRING) return text;
  return text + (plain === DBR_ENUM ? enumLines(data.choices) : limitLines(data, plain, family));
}

function enumLines(choices: readonly string[]): string {
  const number = (value: number): string => String(value).padStart(2);
  const lines = choices.map((choice, i) => `${' '.repeat(22)}[${number(i)}] ${fromByteString(choice)}\n`);
  return blockLine('Enums', `(${number(choices.length)})`) + lines.join('');
}

function limitLines(data: DbrData, plain: number, family: number): string {
  let text = blockLine('Units', fromByteString(data.units));
  const isFloat = plain === DBR_FLOAT || plain === DBR_DOUBLE;
  if (isFloat) text += blockLine('Precision', String(data.precision));
  const { limits } = data;
  if (limits === undefined) return text;
  const line = (label: string, value: number): string => {
    if (isFloat) return blockLine(label, formatC(value));
    // Bytes are signed here, as in the values.
    const shown = plain === DBR_CHAR ? (value << 24) >> 24 : value;
    return blockLine(label, String(shown).padStart(8));
  };
  text += line('Lo disp limit', limits.lowerDisplay) + line('Hi disp limit', limits.upperDisplay);
  text += line('Lo alarm limit', limits.lowerAlarm) + line('Lo warn limit', limits.lowerWarning);
  text += line('Hi warn limit', limits.upperWarning) + line('Hi alarm limit', limits.upperAlarm);
  if (family !== DbrFamily.Ctrl) return text;
  return text + line('Lo ctrl limit', limits.lowerControl) + line('Hi ctrl limit', limits.upperControl);
}

const severities: readonly string[] = ['Warning', 'Success', 'Error', 'Info', 'Fatal', 'Fatal', 'Fatal'];
const BLOCK_WIDTH = 66;

/**
 * What the reference client prints about an error that no call waits for.
 *
 * @param eca status, whose lowest three bits are its severity.
 * @see epics-base modules/ca/src/client/ca_client_context.cpp, vSignal
 */
export function exceptionBlock(eca: number, about: string, now: TimeStamp): string {
  return [
    'CA.Client.Exception'.padEnd(BLOCK_WIDTH, '.'),
    `    ${severities[eca & 7] ?? 'Fatal'}: "${ecaMessage(eca)}"`,
    `    Context: "${about}"`,
    `    Current Time: ${formatLongTime(now)}`,
    '.'.repeat(BLOCK_WIDTH),
    '',
  ].join('\n');
}
