// The set-up example of PyRogue's EpicsPvServer page, line by line: a tree, served as records over CA and PVA.
import { EpicsPvServer } from 'epics-ts/protocols/epicsV7';
import { Device, LocalCommand, LocalVariable, Root } from 'epics-ts/tree';

class MyDevice extends Device {
  readonly Threshold = this.add(
    new LocalVariable({ name: 'Threshold', value: 10, minimum: 0, maximum: 100 }),
  );
  readonly Counter = this.add(new LocalVariable({ name: 'Counter', value: 7 }));

  readonly ResetCounter = this.add(
    new LocalCommand({ name: 'ResetCounter', function: () => this.Counter.set(0) }),
  );
  readonly SetThreshold = this.add(
    new LocalCommand({
      name: 'SetThreshold',
      value: 0,
      function: ({ arg }) => this.Threshold.set(Number(arg)),
    }),
  );
}

class MyRoot extends Root {
  // Add variables and devices here as usual.
  readonly MyDevice = this.add(new MyDevice({ name: 'MyDevice' }));

  // Passing root registers the server with the root; do not add it again.
  readonly epics = new EpicsPvServer({
    base: 'MyIoc',
    root: this,
    incGroups: null,
    excGroups: ['NoServe'],
    pvMap: null,
  });

  constructor() {
    super({ name: 'MyRoot' });
  }
}

const root = await new MyRoot().start();
// Inspect the mapping; dump('epics_map.txt') writes it to a file.
root.epics.dump();
console.log(`serving ${Object.keys(root.epics.list()).length} PVs`);
await root.stop();
