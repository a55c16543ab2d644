import { describe, expect, it } from 'vitest';
import { Device, LocalCommand, LocalVariable, type Node, Root } from '../../../src/tree/index.ts';
import { captureLog } from './tree-helpers.ts';

const log = captureLog();
const variable = (name: string, options: object = {}) => new LocalVariable({ name, value: 0, ...options });

describe('look-up by name', () => {
  it('T-1, N-12: getNode takes an absolute path from the own name or root', () => {
    const root = new Root({ name: 'Top' });
    const dev = root.add(new Device({ name: 'Arr[1]' }));
    expect(root.getNode('root')).toBe(root);
    expect(root.getNode('Top')).toBe(root);
    expect(root.getNode('root.Arr[1]')).toBe(dev);
    expect(root.getNode('Top.Arr[1].enable')).toBe(dev.enable);
    expect(root.getNode('Other.Arr[1]')).toBeNull();
    expect(root.getNode('Top.Arr[*]')).toBeNull();
    expect(root.getNode('Top.Missing.x')).toBeNull();
  });

  it('T-1, N-11: nodeMatch selects by index, slice and wildcard over holes', () => {
    const dev = new Device({ name: 'D' });
    dev.add([0, 1, 3, 5].map((i) => variable(`V[${i}]`)));
    dev.add(variable('List'));
    const names = (name: string) => dev.nodeMatch(name).nodes.map((node: Node) => node.name);
    expect(names('V[1]')).toStrictEqual(['V[1]']);
    expect(names('V[:]')).toStrictEqual(['V[0]', 'V[1]', 'V[3]', 'V[5]']);
    expect(names('V[*]')).toStrictEqual(['V[0]', 'V[1]', 'V[3]', 'V[5]']);
    expect(names('V[1:4]')).toStrictEqual(['V[1]', 'V[3]']);
    expect(names('V[-1]')).toStrictEqual(['V[5]']);
    expect(names('V[::2]')).toStrictEqual(['V[0]']);
    expect(names('V[2]')).toStrictEqual([]);
    expect(names('V[1][2]')).toStrictEqual([]);
    expect(names('V[__import__("os")]')).toStrictEqual([]);
    expect(dev.nodeMatch('List[1:3]')).toStrictEqual({ nodes: [dev.node('List')], keys: ['1:3'] });
    expect(dev.nodeMatch('Nope')).toStrictEqual({ nodes: [], keys: undefined });
  });

  it('N-6: array nodes are reachable by nested indices', () => {
    const dev = new Device({ name: 'D' });
    const node = dev.add(variable('V[1][2]'));
    expect(dev.array('V')[1]).toStrictEqual({ 2: node });
    expect(dev.array('None')).toStrictEqual({});
    expect(dev.nodeMatch('V[*][2]').nodes).toStrictEqual([node]);
  });

  it('N-6: a key that is no number is a warning, and the node is found by its full name', () => {
    const dev = new Device({ name: 'D' });
    const node = dev.add(variable('V[a]'));
    expect(dev.node('V[a]')).toBe(node);
    expect(log.at(-1)?.message).toMatch(/non numeric key/);
  });

  it('N-9: find matches text from the start, and other values exactly', () => {
    const root = new Root({ name: 'Top' });
    const dev = root.add(new Device({ name: 'Dev' }));
    dev.add([variable('Alpha', { units: 'V' }), variable('Beta', { units: 'V' })]);
    expect(root.find({ name: 'Alp' }).map((node) => node.name)).toStrictEqual(['Alpha']);
    expect(root.find({ units: 'V', typ: LocalVariable })).toHaveLength(2);
    expect(root.find({ recurse: false, name: 'Alpha' })).toStrictEqual([]);
  });
});

describe('adding nodes', () => {
  it('T-2: name collisions with siblings, families and members of the class are refused', () => {
    const dev = new Device({ name: 'D' });
    dev.add([variable('A'), variable('V[0]'), variable('W[1]')]);
    for (const name of ['A', 'V[0]', 'V', 'A[0]', 'W[1][0]', 'readBlocks', 'path', 'toString']) {
      expect(() => dev.add(variable(name)), name).toThrow(/Name collision/);
    }
    expect(() => dev.add(variable('V[1]'))).not.toThrow();
  });

  it('T-2: a node has one parent, variables have no children, a started tree takes no nodes', async () => {
    const root = new Root({ name: 'Top' });
    const node = root.add(variable('A'));
    const dev = new Device({ name: 'D' });
    expect(() => dev.add(node)).toThrow(/Node is already attached/);
    expect(() => node.add(variable('B'))).toThrow(/only devices have children/);
    await root.start();
    expect(() => root.add(variable('C'))).toThrow(/Tree is already started/);
    await root.stop();
  });

  it('N-5: a name with special characters is a warning', () => {
    variable('a b');
    expect(log.at(-1)?.message).toMatch(/special characters will cause lookup errors/);
  });

  it('N-1, N-3: the path is the name until the tree starts, names default to the class', async () => {
    class Sensor extends Device {}
    const root = new Root({ name: 'Top' });
    const dev = root.add(new Sensor());
    expect(dev.path).toBe('Sensor');
    expect(dev.root).toBeNull();
    await root.start();
    expect(dev.enable.path).toBe('Top.Sensor.enable');
    expect(dev.root).toBe(root);
    expect(root.parent).toBe(root);
    await root.stop();
  });

  it('N-7: children are listed by kind', () => {
    const dev = new Device({ name: 'D' });
    dev.add([variable('A'), new LocalCommand({ name: 'C' }), new Device({ name: 'E' })]);
    expect([...dev.variables.keys()]).toStrictEqual(['enable', 'A']);
    expect([...dev.commands.keys()]).toStrictEqual(['ReadDevice', 'WriteDevice', 'C']);
    expect([...dev.devices.keys()]).toStrictEqual(['E']);
    expect([...dev.getNodes({ excTyp: LocalCommand, typ: LocalVariable }).keys()]).toStrictEqual(['A']);
  });
});

describe('groups', () => {
  it('T-3: nodes inherit the groups of their parents when the tree starts', async () => {
    const root = new Root({ name: 'Top' });
    const dev = root.add(new Device({ name: 'D', groups: ['NoServe', 'Cfg'] }));
    const node = dev.add(variable('A', { groups: 'Own', hidden: true }));
    expect(node.groups).toStrictEqual(['Own', 'Hidden']);
    await root.start();
    expect(node.groups).toStrictEqual(['Own', 'Hidden', 'NoServe', 'Cfg']);
    await root.stop();
  });

  it('T-3, GR-2: joining goes down to all nodes there, leaving does not', () => {
    const dev = new Device({ name: 'D' });
    const node = dev.add(variable('A'));
    dev.addToGroup('G');
    dev.addToGroup('G');
    expect(node.groups).toStrictEqual(['G']);
    dev.removeFromGroup('G');
    expect(dev.inGroup('G')).toBe(false);
    expect(node.inGroup(['X', 'G'])).toBe(true);
    node.hidden = true;
    expect(node.inGroup('Hidden')).toBe(true);
    node.hidden = false;
    expect(node.hidden).toBe(false);
  });

  it.each([
    [null, null, true],
    [[], [], true],
    ['G', null, true],
    ['X', null, false],
    [['X', 'G'], null, true],
    [null, 'G', false],
    [null, ['X'], true],
    ['G', 'G', false],
  ])('T-3, GR-1: incGroups %j and excGroups %j pass a node of G: %s', (inc, exc, passes) => {
    expect(variable('A', { groups: 'G' }).filterByGroup(inc, exc)).toBe(passes);
  });
});
