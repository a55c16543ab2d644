import { describe, expect, it } from 'vitest';
import { readEventMask, readMonitorRequest, readProcessRequest } from '../../../../src/pva/core/index.ts';
import { makePvRequest, parsePvRequest } from '../../../../src/pvdata/index.ts';

describe('readMonitorRequest', () => {
  it('has queue 4, no pipeline, value, alarm and property events by default', () => {
    expect(readMonitorRequest(parsePvRequest(''))).toEqual({
      queueSize: 4,
      isPipeline: false,
      mask: 13,
      warning: undefined,
      error: undefined,
    });
    expect(readMonitorRequest(null).queueSize).toBe(4);
  });

  it.each([
    ['record[queueSize=2]', 2],
    ['record[queueSize=100]', 100],
    ['record[queueSize=99999999]', 10_000],
    ['record[queueSize=7.9]', 7],
  ])('%s gives %i', (text, size) => {
    expect(readMonitorRequest(parsePvRequest(text)).queueSize).toBe(size);
  });

  it('takes typed options, as p4p and pvxs builders send them (PVA-W-72)', () => {
    const request = makePvRequest({ record: { queueSize: 12, pipeline: true } });
    expect(readMonitorRequest(request)).toMatchObject({ queueSize: 12, isPipeline: true });
  });

  it.each(['1', '0', '-5', 'many'])('queueSize %s is warned of; with pipeline it is an error', (text) => {
    const plain = readMonitorRequest(parsePvRequest(`record[queueSize=${text}]`));
    expect(plain).toMatchObject({ queueSize: 4, error: undefined });
    expect(plain.warning).toBe(`Unable to use record._options.queueSize : string = "${text}"\n`);
    const pipeline = readMonitorRequest(parsePvRequest(`record[queueSize=${text},pipeline=true]`));
    expect(pipeline.error).toMatch(/^can not pipeline invalid queueSize/);
  });
});

describe('readEventMask', () => {
  it.each([
    [undefined, 13],
    ['', 13],
    ['1', 9],
    ['4', 12],
    ['8', 13],
    ['VALUE', 9],
    ['VALUE|ALARM', 13],
    ['DBE_ARCHIVE', 10],
    ['log', 10],
    ['nonsense', 13],
    ['-1', 13],
  ])('%s is %i', (text, mask) => {
    expect(readEventMask(text)).toBe(mask);
  });
});

describe('readProcessRequest', () => {
  it.each([
    ['', false, 'passive'],
    ['record[process=true]', false, 'always'],
    ['record[process=false]', false, 'never'],
    ['record[process=passive]', false, 'passive'],
    ['record[block=true,process=true]', true, 'always'],
    ['record[block=false]', false, 'passive'],
  ])('"%s" waits %s and processes %s', (text, wait, process) => {
    expect(readProcessRequest(parsePvRequest(text))).toEqual({ wait, process });
  });
});
