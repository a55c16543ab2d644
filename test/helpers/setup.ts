import { watchLeaks } from './leaks.ts';

// Runs before each test file: hermetic environment, whatever the caller's shell exports.
for (const key of Object.keys(process.env)) {
  if (/^EPICS_(CA|CAS|PVA|PVAS)_/.test(key)) delete process.env[key];
}
process.env['EPICS_TS_CHECK'] = '1';

watchLeaks();
