/** Both forms of a fingerprint taken of a tree of files: the script as a node runs it, and TypeScript by the collector. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fingerprintKeys, fingerprintOf } from '../../src/inspect/fingerprint.ts';
import { loadFingerprintTemplates, renderFingerprintScript } from '../../src/inspect/fingerprint-script.ts';
import type { FingerprintName, Probe } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { realFiles } from '../../src/system/files.ts';
import { nonce, rendered, run, scratch } from './scratch-collector.ts';

// A machine that is busy with other tests may hold any of them for long.
const fileLimitSeconds = 300;

/** Writes the script for a root and gives its path. */
export async function scriptFor(root: string): Promise<string> {
  const templates = await loadFingerprintTemplates(realFiles);
  const path = join(scratch(), 'fingerprint.sh');
  writeFileSync(path, renderFingerprintScript(templates, { probes, root, fileLimitSeconds }));
  return path;
}

/** Facts of a probe whose commands are left out, but for those that a fingerprint needs. */
function needed(name: FingerprintName): readonly Probe[] {
  const keys = fingerprintKeys(name, probes);
  return probes.filter((probe) => keys.some((key) => key.startsWith(`${probe.name}.`)));
}

/** What a form says: one line, and the text that it is of. */
export interface Both {
  readonly text: string;
  readonly line: string;
}

/** How the scripts are run. */
export type Run = { readonly env?: Readonly<Record<string, string>>; readonly ordinaryUser?: boolean };

/** What the script says, and what TypeScript makes of the collector's text. */
export async function both(
  shell: readonly [string, ...string[]],
  name: FingerprintName,
  root: string,
  options: Run = {},
): Promise<readonly [script: Both, typescript: Both]> {
  const script = await scriptFor(root);
  const [line, text, collected] = await Promise.all([
    run(shell, [script, name], options),
    run(shell, [script, '--text', name], options),
    run(shell, [await rendered(scratch(), { probes: needed(name), root, fileLimitSeconds }), '-', 'facts'], options),
  ]);
  const found = fingerprintOf(name, readFacts(collected.stdout, { nonce, probes: needed(name) }), needed(name));
  const known = 'digest' in found;
  expect(line.status).toBe(known ? 0 : 1);
  expect(line.stderr).toBe('');
  // Reasons are in each one's own words; which fact is unknown is not.
  const upToKey = (said: string): string => /^\w+ unknown: \S+/.exec(said)?.[0] ?? said;
  const why = known ? `${name} ${found.digest}` : `${name} unknown: ${found.why.split(' ')[0]}`;
  return [
    { line: upToKey(line.stdout.trimEnd()), text: known ? text.stdout : upToKey(text.stderr) },
    { line: why, text: known ? found.text : why },
  ];
}
