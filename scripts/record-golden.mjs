// Records small sessions between this library and the Python peers into test/golden/interop-<peer>.json.
// Run it by hand when a peer's version changes: node scripts/record-golden.mjs [peer ...]
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { register } from 'tsx/esm/api';

register();
const from = (path) => import(new URL(`../${path}`, import.meta.url).href);
const { CaClient } = await from('src/ca/index.ts');
const { SoftIoc } = await from('src/ioc/index.ts');
const { nodeNetwork } = await from('src/net/index.ts');
const { ntScalarType } = await from('src/nt/index.ts');
const { SharedPv, StaticSource } = await from('src/pv/index.ts');
const { PvaClient } = await from('src/pva/index.ts');
const { Value } = await from('src/pvdata/index.ts');
const { toHex } = await from('src/testing/index.ts');
const { receiverMaker } = await from('test/helpers/hear.ts');
const { loopbackEnv, peerPython, PeerProcess } = await from('test/helpers/peers.ts');
const { freePorts } = await from('test/helpers/ports.ts');
const { RecordingNetwork } = await from('test/helpers/record-network.ts');

const MOST_BYTES = 100_000;
const recorder = () => new RecordingNetwork(nodeNetwork(), { user: 'operator', host: 'console' });

/** Replaces the name of this machine by another of the same length; short names tell nothing, and may be anything. */
function withoutHost(bytes) {
  const name = Buffer.from(hostname());
  if (name.length < 6) return bytes;
  const other = Buffer.from('workstation'.padEnd(name.length, '-').slice(0, name.length));
  const result = Buffer.from(bytes);
  for (let at = result.indexOf(name); at >= 0; at = result.indexOf(name, at + 1)) other.copy(result, at);
  return new Uint8Array(result);
}

function sessionsOf(network, title) {
  return network.streams
    .filter((stream) => stream.protocol !== undefined)
    .map((stream, index) => {
      const said = {
        client: withoutHost(stream.bytesFrom('client')),
        server: withoutHost(stream.bytesFrom('server')),
      };
      const session = { protocol: stream.protocol, bytesFrom: (end) => said[end] };
      const heard = (end) => {
        const receiver = receiverMaker(session, end)();
        receiver.feed(said[end].slice());
        return receiver.lines();
      };
      return {
        name: `${title} (${stream.protocol} stream ${index + 1})`,
        protocol: stream.protocol,
        ours: stream.role,
        client: toHex(said.client),
        server: toHex(said.server),
        heard: { client: heard('client'), server: heard('server') },
      };
    });
}

/** Collects updates until `count` have come, calling `change` after each. */
async function watch(channel, count, change) {
  let seen = 0;
  for await (const _ of channel.monitor({ queueSize: 20 })) {
    seen++;
    if (seen === count) break;
    await change(seen);
  }
}

async function p4pServer() {
  const [pva, pvaUdp] = await freePorts(2);
  const env = loopbackEnv({ pva, pvaUdp });
  const peer = await PeerProcess.start('p4p_server', ['GV:'], env);
  const network = recorder();
  const client = new PvaClient({}, { env, network });
  const pv = (name) => client.channel(`GV:${name}`);
  for (const name of ['double', 'long', 'bool', 'string', 'ushorts', 'strings', 'enum', 'struct', 'table']) {
    await client.getStruct(`GV:${name}`);
  }
  await client.put('GV:double', 6.5);
  await client.put('GV:strings', ['x', 'y']);
  await client.put('GV:enum', 'Trip');
  await client.put('GV:readonly', 1).catch(() => undefined);
  await pv('add').rpc({ lhs: 1.5, rhs: 2 });
  await pv('refusing')
    .rpc({})
    .catch(() => undefined);
  await watch(pv('int'), 4, (value) => peer.request('post', { name: 'int', value }));
  await watch(pv('double'), 2, () => peer.request('post', { name: 'double', value: 9 }));
  await client.close();
  await peer.close();
  return sessionsOf(network, 'our client with a p4p server');
}

/** An IOC for clients of peers, with a PV that answers RPC. */
async function servedIoc(network) {
  const ioc = SoftIoc.isolated({ network });
  const { database } = ioc;
  database.addRecord('ao', 'GV:AO', { VAL: 1.5, PREC: 2, EGU: 'mm', HIHI: 90, HHSV: 'MAJOR', HOPR: 100 });
  database.addRecord('mbbo', 'GV:MBBO', { ZRST: 'Red', ONST: 'Green', TWST: 'Blue', TWSV: 'MINOR' });
  database.addRecord('stringout', 'GV:SO', { VAL: 'hello' });
  database.addRecord('longout', 'GV:LO', { VAL: -7 });
  database.addRecord('waveform', 'GV:WF', { FTVL: 'LONG', NELM: 8 });
  const source = new StaticSource('golden');
  const sum = ntScalarType('double');
  const call = (_pv, args) =>
    Value.from(sum, { value: Number(args.get('query.lhs')) + Number(args.get('query.rhs')) });
  source.add('GV:add', new SharedPv({ call }));
  ioc.addSource(source);
  await ioc.start();
  return ioc;
}

async function peerClient(script, title, use) {
  const network = recorder();
  const ioc = await servedIoc(network);
  const { caUdp, pvaTcp, pvaUdp } = ioc.ports;
  const peer = await PeerProcess.start(script, [], loopbackEnv({ ca: caUdp, pva: pvaTcp, pvaUdp }));
  await use(peer);
  await peer.request('monitor', { pv: 'GV:AO', key: 'm' });
  for (let i = 1; i <= 3; i++) {
    await peer.waitFor(() => peer.events.filter((event) => event.key === 'm').length >= i);
    await peer.request('put', { pv: 'GV:AO', value: i * 10.5 });
  }
  await peer.waitFor(() => peer.events.filter((event) => event.key === 'm').length >= 4);
  await peer.request('unmonitor', { key: 'm' });
  await peer.close();
  await ioc.close();
  return sessionsOf(network, title);
}

const p4pClient = () =>
  peerClient('p4p_client', 'a p4p client with our server', async (peer) => {
    for (const name of ['AO', 'MBBO', 'SO', 'LO', 'WF']) await peer.request('get', { pv: `GV:${name}` });
    await peer.request('put', { pv: 'GV:MBBO', value: 'Blue' });
    await peer.request('put', { pv: 'GV:SO', value: 'text' });
    await peer.request('put', { pv: 'GV:WF', value: { array: [1, -2, 3], dtype: 'int32' } });
    await peer.request('get', { pv: 'GV:WF', pvRequest: 'field(value)' });
    await peer.request('rpc', { pv: 'GV:add', args: { lhs: 1.5, rhs: 2 } });
  });

const caClient = (script, title, form) => () =>
  peerClient(script, title, async (peer) => {
    for (const name of ['AO', 'MBBO', 'SO', 'LO', 'WF']) await peer.request('get', { pv: `GV:${name}` });
    for (const name of ['AO', 'MBBO', 'LO']) await peer.request('get', { pv: `GV:${name}`, form });
    await peer.request('put', { pv: 'GV:MBBO', value: 2 });
    await peer.request('put', { pv: 'GV:SO', value: 'text' });
    await peer.request('put', { pv: 'GV:WF', value: { array: [1, -2, 3], dtype: 'int32' } });
    await peer.request('get', { pv: 'GV:WF' });
  });

async function softioc() {
  const [ca, pva, pvaUdp] = await freePorts(3);
  const env = loopbackEnv({ ca, pva, pvaUdp });
  const peer = await PeerProcess.start('softioc_server', ['GV'], env);
  const sessions = [];
  for (const protocol of ['ca', 'pva']) {
    const network = recorder();
    const client = protocol === 'ca' ? new CaClient({ env, network }) : new PvaClient({}, { env, network });
    for (const name of ['AI', 'LI', 'SI', 'MBBI', 'WFD', 'I64']) {
      await client.channel(`GV:${name}`, { meta: true }).get();
    }
    await client.channel('GV:AO').put(4.25, { wait: true });
    await client.channel('GV:MBBO').put('Blue', { wait: true });
    await client.channel('GV:WFD').put(Float64Array.from([9, 8]), { wait: true });
    await client
      .channel('GV:RO')
      .put(1, { wait: true })
      .catch(() => undefined);
    await watch(client.channel('GV:LO'), 4, (value) =>
      peer.request('set', { record: 'LO', value: value * 100 + (protocol === 'ca' ? 0 : 1) }),
    );
    await client.close();
    sessions.push(...sessionsOf(network, `our ${protocol} client with a softioc IOC`));
  }
  await peer.close();
  return sessions;
}

const recordings = {
  p4p: async () => [...(await p4pServer()), ...(await p4pClient())],
  softioc,
  pyepics: caClient('pyepics_client', 'a pyepics client with our server', 'ctrl'),
  caproto: caClient('caproto_client', 'a caproto client with our server', 'control'),
};

function versionOf(peer) {
  const script = `import importlib.metadata as m; print(m.version('${peer}'))`;
  return spawnSync(peerPython(), ['-c', script], { encoding: 'utf8' }).stdout.trim();
}

if (peerPython() === undefined) throw new Error('no peers installed: run node scripts/peers.mjs');
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(recordings);
for (const peer of wanted) {
  const sessions = await recordings[peer]();
  const file = {
    about:
      'TCP streams between this library and a peer on the loopback interface, recorded by scripts/record-golden.mjs. ' +
      'client and server: all bytes that each end sent. heard: what our cores made of them when they were recorded.',
    source: peer,
    version: versionOf(peer),
    sessions,
  };
  const text = `${JSON.stringify(file, undefined, 1)}\n`;
  if (text.length > MOST_BYTES)
    throw new Error(`${peer}: ${text.length} bytes are too many for a golden file`);
  writeFileSync(new URL(`../test/golden/interop-${peer}.json`, import.meta.url), text);
  process.stderr.write(`interop-${peer}.json: ${sessions.length} streams, ${text.length} bytes\n`);
}
