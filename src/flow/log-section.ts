/** Collapsed sections in the log of a GitLab job, so that what it shows at first is the outcome. Plain elsewhere. */
import type { System } from '../system/system.ts';

/** Does a part of the work under a header that people can open. */
export async function inSection<T>(
  system: Pick<System, 'log' | 'clock' | 'environment'>,
  name: string,
  header: string,
  work: () => Promise<T>,
): Promise<T> {
  if (system.environment.variables.GITLAB_CI !== 'true') return work();
  const seconds = (): number => Math.floor(Date.parse(system.clock.now()) / 1000);
  const { log } = system;
  log.progress(`\x1b[0Ksection_start:${seconds()}:assay_${name}[collapsed=true]\r\x1b[0K${header}`);
  try {
    return await work();
  } finally {
    log.progress(`\x1b[0Ksection_end:${seconds()}:assay_${name}\r\x1b[0K`);
  }
}
