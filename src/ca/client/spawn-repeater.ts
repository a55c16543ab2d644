import { spawn } from 'node:child_process';

/** Starts a repeater in a process of its own, which outlives this one; ends at once when another one runs. */
export function spawnRepeater(port: number, onError: (error: Error) => void): void {
  const isSource = import.meta.url.endsWith('.ts');
  const module = new URL(isSource ? '../repeater.ts' : '../repeater.js', import.meta.url).href;
  const network = new URL(isSource ? '../../net/index.ts' : '../../net/index.js', import.meta.url).href;
  const code = `
    const [{ runRepeater }, { nodeNetwork }] = await Promise.all([import(${JSON.stringify(module)}), import(${JSON.stringify(network)})]);
    await runRepeater({ network: nodeNetwork(), port: ${port} });
  `;
  const args = [...process.execArgv, '--input-type=module', '--eval', code];
  const child = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
  child.on('error', onError);
  child.unref();
}
