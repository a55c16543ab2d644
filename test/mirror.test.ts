import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Files that hold nothing to run: types, constants, tables. Patterns of paths below `src/`. */
const nothingToRun: readonly RegExp[] = [
  /(^|\/)index\.ts$/,
  /(^|\/)(constants|transport|types|channel-types|client-types|channel-options)\.ts$/,
  /^ca\/client\/(circuit-parts|context)\.ts$/,
  /^ca\/core\/circuit-handlers\.ts$/,
  /^cli\/context\.ts$/,
  /^ioc\/dbd\/tables\//,
  /^ioc\/device\/(device-support|mirror-support)\.ts$/,
  /^ioc\/local-context\.ts$/,
  /^protocols\/codec\/codec\.ts$/,
  /^pv\/(client|source)\.ts$/,
  /^tree\/(config|block|memory\/slave)\.ts$/,
  /^util\/check\.ts$/,
];

/** Files that are tested through their owner: patterns of paths below `src/`, and the tests below `test/`. */
const testedElsewhere: readonly (readonly [files: RegExp, ...tests: string[]])[] = [
  [/^util\/(bytes-reader|bytes-writer|text)\.ts$/, 'unit/util/bytes.test.ts'],
  [/^util\/(clock|deadlines)\.ts$/, 'unit/util/time.test.ts'],
  [
    /^util\/(address|async-feed|block-pool|env|errors|id-table|logger|pattern|ring|send-buffer|stop|text-table|trace)\.ts$/,
    'unit/util/small.test.ts',
  ],
  [/^net\/(interfaces|resolve|tcp|udp)\.ts$/, 'unit/net/node-network.test.ts'],
  [/^nt\/(nt-other|nt-scalar)\.ts$/, 'unit/nt/types.test.ts'],
  [/^pv\/shared-board\.ts$/, 'unit/pv/shared-pv.test.ts'],
  [/^pv\/(local-channel|one-shot|call-limits)\.ts$/, 'unit/pv/local-client.test.ts'],
  [/^pv\/(can-be-scalar|nt-reader)\.ts$/, 'unit/pv/as-scalar.test.ts'],
  [/^pv\/nt-layout\.ts$/, 'unit/pv/as-struct.test.ts'],
  [/^pv\/shared-update\.ts$/, 'unit/pv/update-queue.test.ts'],
  [
    /^ca\/core\/(circuit-dispatch|rules)\.ts$/,
    'unit/ca/core/circuit.test.ts',
    'property/ca-core-circuit.test.ts',
  ],
  [/^ca\/core\/(dbr-.*|header)\.ts$/, 'unit/ca/core/golden.test.ts', 'property/ca-core-dbr.test.ts'],
  [/^ca\/settings\.ts$/, 'unit/ca/client/config.test.ts', 'unit/ca/server/config.test.ts'],
  [/^ca\/client\/circuit-pool\.ts$/, 'unit/ca/client/client.test.ts'],
  [/^ca\/client\/spawn-repeater\.ts$/, 'unit/ca/client/repeater-link.test.ts'],
  [
    /^ca\/server\/(connection|name-waiters|reads|served-channel|subscription|writes)\.ts$/,
    'unit/ca/server/session.test.ts',
  ],
  [/^ca\/server\/(beacons|listeners|search-flood|search-responder)\.ts$/, 'unit/ca/server/server.test.ts'],
  [/^pva\/core\/(client-connection|segments)\.ts$/, 'unit/pva/core/connection.test.ts'],
  [
    /^pva\/core\/server-connection\.ts$/,
    'unit/pva/core/connection.test.ts',
    'property/pva-core-server.test.ts',
  ],
  [
    /^pva\/client\/(call|get|introspect|operation|scalar-view|wire-channel)\.ts$/,
    'unit/pva/client/channel.test.ts',
  ],
  [/^pva\/client\/(connection-pool|discover|server-link)\.ts$/, 'unit/pva/client/client.test.ts'],
  [/^pva\/client\/destinations\.ts$/, 'unit/pva/client/search.test.ts'],
  [
    /^pva\/server\/(get-field-operation|operation|operation-table|rpc-operation|value-operation)\.ts$/,
    'unit/pva/server/operations.test.ts',
  ],
  [
    /^pva\/server\/(beacons|served-channel|served-pvs|server-pv|session|session-link)\.ts$/,
    'unit/pva/server/server.test.ts',
  ],
  [/^pva\/server\/(forward|search-answers)\.ts$/, 'unit/pva/server/search-responder.test.ts'],
  [/^pva\/server\/monitor-round\.ts$/, 'unit/pva/server/monitor.test.ts'],
  [
    /^testing\/(hex|manual-clock|random|virtual-datagrams|virtual-host|virtual-stream)\.ts$/,
    'unit/testing/virtual-network.test.ts',
  ],
  [/^tree\/(alarm|display|variable-value|variable-wait)\.ts$/, 'unit/tree/variable.test.ts'],
  [/^tree\/(array-device|errors)\.ts$/, 'unit/tree/device.test.ts'],
  [/^tree\/block-builder\.ts$/, 'unit/tree/remote-block.test.ts'],
  [/^tree\/command-functions\.ts$/, 'unit/tree/command.test.ts'],
  [/^tree\/memory\/(command-slave|emulate)\.ts$/, 'unit/tree/remote-block.test.ts'],
  [/^tree\/model\//, 'unit/tree/model.test.ts', 'property/tree-values.test.ts'],
  [
    /^ioc\/types\//,
    'unit/ioc/types/ai.test.ts',
    'unit/ioc/types/array.test.ts',
    'unit/ioc/types/strings.test.ts',
  ],
  [
    /^ioc\/(alarm-latch|analog|convert|field-value|metadata)\.ts$/,
    'unit/ioc/types/ai.test.ts',
    'property/ioc-convert.test.ts',
  ],
  [/^ioc\/(device\/soft|links\/link|notify|pass|scan\/.*)\.ts$/, 'unit/ioc/process.test.ts'],
  [
    /^ioc\/(field-pv|load-field|put-field|record|record-handle|record-view|source)\.ts$/,
    'unit/ioc/database.test.ts',
  ],
  [/^ioc\/builder-record\.ts$/, 'unit/ioc/builder.test.ts'],
  [/^protocols\//, 'scenarios/mapping.test.ts'],
  // The command line is outside the coverage gate (ARC-T-10).
  [/^cli\//, 'unit/cli/getopt.test.ts'],
];

const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .sort();

const mirrorOf = (file: string): string => `${root}test/unit/${file.slice(0, -'.ts'.length)}.test.ts`;
const withoutMirror = sources.filter((file) => !existsSync(mirrorOf(file)));

test('ARC-T-1 every file of src has a test of its own, or is known to be tested elsewhere', () => {
  expect(sources.length).toBeGreaterThan(300);
  const known = [...nothingToRun, ...testedElsewhere.map(([files]) => files)];
  const missing = withoutMirror.filter((file) => !known.some((pattern) => pattern.test(file)));
  expect(missing.map((file) => `test/unit/${file.replace(/\.ts$/, '.test.ts')} is missing`)).toEqual([]);
});

test('ARC-T-1 the list of exceptions holds nothing that is out of date', () => {
  const stale = nothingToRun.filter((pattern) => !sources.some((file) => pattern.test(file)));
  const unused = testedElsewhere.filter(([files]) => !sources.some((file) => files.test(file)));
  const lost = testedElsewhere
    .flatMap(([, ...tests]) => tests)
    .filter((file) => !existsSync(`${root}test/${file}`));
  expect([stale, unused.map(([files]) => files), lost]).toEqual([[], [], []]);
});
