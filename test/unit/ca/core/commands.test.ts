import { expect, test } from 'vitest';
import { CaCircuit, type CaCommand, CommandRecorder, writeCommand } from '../../../../src/ca/core/index.ts';
import { ProtocolError, ProtocolMisuseError, SendBuffer } from '../../../../src/util/index.ts';

test('what is no message cannot be written', () => {
  const circuit = new CaCircuit('server', new CommandRecorder(), new SendBuffer());
  const none: readonly CaCommand[] = [
    { type: 'protocolError', error: new ProtocolError('bad') },
    { type: 'unresponsive' },
    { type: 'responsive' },
  ];
  for (const command of none) expect(() => writeCommand(circuit, command)).toThrow(ProtocolMisuseError);
});

test('take empties the record', () => {
  const recorder = new CommandRecorder();
  recorder.onEcho();
  expect(recorder.take()).toEqual([{ type: 'echo' }]);
  expect(recorder.take()).toEqual([]);
});
