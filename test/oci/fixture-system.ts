/** A System for the tests of oci: the real one, but with an environment of its own, no waiting and a kept log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

export interface TestSystem extends System {
  readonly lines: string[];
  readonly waits: number[];
}

/** `waiting: none` lets every wait end at once, and the clock go on by as much. */
export function testSystem(variables: Record<string, string> = {}, waiting: 'none' | 'real' = 'none'): TestSystem {
  const real = realSystem(true);
  const lines: string[] = [];
  const waits: number[] = [];
  let ahead = 0;
  return {
    ...real,
    lines,
    waits,
    environment: { ...real.environment, variables },
    log: { progress: (line) => lines.push(line), warn: (line) => lines.push(`warning: ${line}`) },
    clock:
      waiting === 'real'
        ? real.clock
        : {
            ...real.clock,
            monotonic: () => real.clock.monotonic() + ahead,
            sleep: async (seconds, signal) => {
              if (signal) return real.clock.sleep(seconds, signal);
              waits.push(seconds);
              ahead += seconds;
              await new Promise((resolve) => setImmediate(resolve));
            },
          },
  };
}

const made: string[] = [];

/** A new empty directory, removed after the file's tests. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'assay-oci-'));
  made.push(path);
  return path;
}

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});
