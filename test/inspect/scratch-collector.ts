/** A collector rendered into a scratch directory and run for real under a given shell. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import type { Probe } from '../../src/inspect/probe.ts';
import { realFiles } from '../../src/system/files.ts';

export const nonce = '00112233445566778899aabbccddeeff';

/** The shells that what we generate must run under. */
export const shells: readonly (readonly [string, ...string[]])[] = (
  [['dash'], ['busybox', 'sh']] as readonly (readonly [string, ...string[]])[]
).filter(([program]) => {
  const found = (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, program)));
  // In CI a shell that is not there is a failure: it stays in the list, and its tests fail.
  if (!found && process.env.CI !== 'true') process.stderr.write(`left out: ${program} is not on the PATH\n`);
  return found || process.env.CI === 'true';
});

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A directory of its own, readable by everyone, removed after the test file. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'assay-test-'));
  chmodSync(directory, 0o755);
  made.push(directory);
  return directory;
}

/** Plants an executable script; its directory goes in front of PATH. */
export function plant(directory: string, name: string, text: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(directory, name), 0o755);
}

/** A probe that only asks; its facts are not looked at. */
export function asking(asks: Probe['asks'], read: Probe['read'] = () => []): Probe {
  return { name: 'trial', asks, fingerprints: {}, ownKeys: [], read };
}

export interface Collected {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly seconds: number;
}

/** Writes the collector into `directory` and gives its path. */
export async function rendered(
  directory: string,
  options: {
    probes?: readonly Probe[];
    root?: string;
    ranksLimitSeconds?: number;
    fileLimitSeconds?: number;
    mounts?: readonly { readonly source: string; readonly target: string }[];
  },
): Promise<string> {
  const text = renderCollector(await loadCollectorTemplates(realFiles), {
    nonce,
    probes: options.probes ?? [],
    ranksLimitSeconds: options.ranksLimitSeconds ?? 5,
    ...(options.mounts && { mounts: options.mounts }),
    ...(options.root !== undefined && { root: options.root }),
    ...(options.fileLimitSeconds !== undefined && { fileLimitSeconds: options.fileLimitSeconds }),
  });
  const path = join(directory, 'collector.sh');
  writeFileSync(path, text);
  return path;
}

/** Runs the collector to its end. `prelude` is shell text run first, as a profile would. */
export function run(
  shell: readonly [string, ...string[]],
  words: readonly string[],
  options: { env?: Readonly<Record<string, string>>; ordinaryUser?: boolean; prelude?: string } = {},
): Promise<Collected> {
  const [program, ...first] = shell;
  const argv = options.prelude ? [...first, '-c', `${options.prelude}\n. "$0"`, ...words] : [...first, ...words];
  const started = performance.now();
  const asNobody = options.ordinaryUser && process.getuid?.() === 0;
  const child = spawn(program, argv, {
    env: { PATH: process.env.PATH ?? '', HOME: '/', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(asNobody && { uid: 65534, gid: 65534 }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('latin1')));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ stdout, stderr, status, seconds: (performance.now() - started) / 1000 }));
  });
}
