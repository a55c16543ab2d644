import { it, onTestFinished, beforeEach } from 'vitest';
import { startLab } from './harness.ts';
import { topWith } from './trees.ts';
const h = () => process.getActiveResourcesInfo().filter((name) => /TCP|UDP/.test(name)).join();
it('a', async () => { 
 onTestFinished(async () => { console.log('END', h());  await new Promise(r => setTimeout(r, 50)); console.log('END2', h()); });
 const lab = await startLab(topWith([]));
 onTestFinished(async () => { 
   console.log('Z0', h()); await lab.ca.close(); console.log('Z1', h()); await lab.pva.close(); console.log('Z2', h()); 
   await lab.root.stop(); console.log('Z3', h()); await lab.ioc.close(); console.log('Z4', h());
   });
});
it('b', async () => { console.log('b', h()); });
