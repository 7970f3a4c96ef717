/** Stores in directories of their own that go away after the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

export const system: System = realSystem(true);

/** An empty directory, removed after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'assay-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An open store, closed after the test. */
export async function opened(path: string, access: 'read' | 'write' = 'write', options?: StoreOptions): Promise<Store> {
  const store = await openStore(system, path, access, options);
  onTestFinished(store.close);
  return store;
}
