import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyTree } from '../../src/oci/tree/verify-tree.ts';
import { unpackLayers } from '../../src/oci/unpack.ts';
import type { System } from '../../src/system/system.ts';
import { layerOf, tarOf } from './fixture-image.ts';
import { scratch, testSystem } from './fixture-system.ts';

test('a second look reads only what was touched, and a touched file cannot hide behind its old time', async () => {
  const read: string[] = [];
  const real = testSystem();
  async function* look(wanted: Parameters<System['files']['look']>[0]): ReturnType<typeof real.files.look> {
    for await (const one of real.files.look(wanted)) {
      if (one.sha256 !== undefined) read.push(one.path);
      yield one;
    }
  }
  const system: System = { ...real, files: { ...real.files, look } };
  const root = join(scratch(), 'root');
  const entries = ['a', 'b'].map((name) => ({ name, content: 'one' }));
  const tree = await unpackLayers(real, [layerOf(await tarOf(entries))], root);
  const first = await verifyTree(system, root, tree);
  expect(read.length).toBe(2);
  expect([...first.stamps.keys()].sort()).toEqual(['a', 'b']);
  expect(await verifyTree(system, root, tree, first.stamps)).toMatchObject({ missing: [], altered: [], extra: [] });
  expect(read.length).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeFileSync(join(root, 'a'), 'two');
  utimesSync(join(root, 'a'), new Date(1e12), new Date(1e12));
  const last = await verifyTree(system, root, tree, first.stamps);
  expect(last.altered).toEqual(['a']);
  expect([...last.stamps.keys()]).toEqual(['b']);
  expect(read.slice(2)).toEqual([join(root, 'a')]);
});
