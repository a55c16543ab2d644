import type { Case, Layers } from './load.ts';

/** Bytes, bits and frames. */
export function utilCases({ util }: Layers): Case[] {
  const writer = new util.BytesWriter(4096);
  const messages = new Uint8Array(1000 * 40);
  for (let at = 0; at < messages.length; at += 40) messages[at] = 40;
  const receive = new util.ReceiveBuffer(8, (bytes, start, available) =>
    available < 8 ? 0 : (bytes[start] as number),
  );
  let delivered = 0;
  const deliver = (): boolean => {
    delivered++;
    return true;
  };
  const write = (title: string, of: () => void): Case => ({
    group: 'BytesWriter',
    title,
    run: () => {
      writer.clear();
      of();
      return writer.position;
    },
  });
  const small = util.BitSet.from([1, 9, 10]);
  const other = util.BitSet.from([9, 33]);
  return [
    write('u32', () => writer.u32(7)),
    write('f64', () => writer.f64(1.5)),
    write('text of 6 characters', () => void writer.text('beamX1')),
    write('text of 40 characters', () => void writer.text('Linac:Klystron:07:ForwardPower:Amplitude')),
    {
      group: 'ReceiveBuffer',
      title: 'a chunk of 1000 messages',
      run: () => (receive.push(messages, deliver), delivered),
    },
    { group: 'BitSet', title: 'clone and or', run: () => small.clone().or(other) },
  ];
}
