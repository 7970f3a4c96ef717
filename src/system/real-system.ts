/** The real world, put together. */
import { randomBytes } from 'node:crypto';
import { asker } from './ask.ts';
import { machineClock } from './clock.ts';
import { processEnvironment } from './environment.ts';
import { processExec } from './exec.ts';
import { realFiles } from './files.ts';
import { networkHttp } from './http.ts';
import { lineLog } from './log.ts';
import type { System } from './system.ts';

/** The System of this process. `quiet` keeps progress off standard error. */
export function realSystem(quiet = false): System {
  const environment = processEnvironment();
  return {
    exec: processExec,
    files: realFiles,
    clock: machineClock,
    environment,
    http: networkHttp,
    log: lineLog((text) => process.stderr.write(text), quiet),
    random: (bytes) => randomBytes(bytes).toString('hex'),
    ask: asker(processExec, realFiles, environment, networkHttp),
  };
}
