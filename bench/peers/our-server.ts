import { type Request, serveRequests } from './program.ts';
import { Records } from './workload.ts';

/** Runs our IOC with the records of the benchmark until standard input ends. @param dist URL of the build. */
export async function runServer(dist: string, prefix: string): Promise<void> {
  const { IocBuilder, SoftIoc } = (await import(
    `${dist}ioc/index.js`
  )) as typeof import('../../src/ioc/index.ts');
  const ioc = new SoftIoc({ env: process.env });
  const build = new IocBuilder(ioc.database, { prefix });
  for (let i = 0; i < Records.pvs; i++) {
    build.aOut(`X${i}`, {
      initialValue: 1.5,
      egu: 'mm',
      prec: 3,
      drvl: -1000,
      drvh: 1000,
      alwaysUpdate: true,
    });
  }
  const trigger = build.aOut('T', { initialValue: 0, flnk: `${prefix}:M0`, alwaysUpdate: true });
  for (let i = 0; i < Records.monitors; i++) {
    const FLNK = i + 1 < Records.monitors ? `${prefix}:M${i + 1}` : '';
    build.record('ai', `M${i}`, { INP: `${prefix}:T`, EGU: 'mm', PREC: 3, FLNK });
  }
  build.waveformOut(
    'BIG',
    Float64Array.from({ length: Records.elements }, (_, i) => i),
  );
  await ioc.start();

  let isPosting = false;
  let posted = 0;
  const post = (): void => {
    if (!isPosting) return;
    trigger.set(++posted);
    setImmediate(post);
  };
  const start = (_request: Request): void => {
    posted = 0;
    isPosting = true;
    post();
  };
  const stop = (): { posted: number } => {
    isPosting = false;
    return { posted: posted * Records.monitors };
  };
  await serveRequests({ start, stop }, { node: process.version });
  await ioc.close();
}
