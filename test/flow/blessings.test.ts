import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { addStatement, readBlessings } from '../../src/flow/blessings.ts';
import { realSystem } from '../../src/system/real-system.ts';

const system = realSystem(true);

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'assay-blessings-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return join(made, 'blessings');
}

const attestation = (text: string) => {
  return { bytes: Buffer.from(text), digest: digestOf(text), predicateType: 'urn:x' };
};

describe('the folder of blessings', () => {
  it('is empty when it is not there', async () => {
    expect(await readBlessings(system, folder())).toEqual([]);
  });

  it('gets each statement once, by its digest, for everybody to read', async () => {
    const where = folder();
    const before = process.umask(0o077);
    onTestFinished(() => {
      process.umask(before);
    });
    const path = await addStatement(system, where, attestation('{}'));
    expect(path).toBe(join(where, `${digestOf('{}').slice(7)}.json`));
    expect(statSync(path).mode & 0o777).toBe(0o644);
    writeFileSync(path, 'changed');
    expect(await addStatement(system, where, attestation('{}'))).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe('changed');
    expect(readdirSync(where)).toHaveLength(1);
  });

  it('shows what cannot be read, and looks at no other files', async () => {
    const where = folder();
    await addStatement(system, where, attestation('{}'));
    mkdirSync(join(where, 'a.json'));
    writeFileSync(join(where, 'README'), '');
    writeFileSync(join(where, '.half.json'), '');
    expect((await readBlessings(system, where)).map((file) => ('unreadable' in file ? file : file.name))).toEqual([
      `${digestOf('{}').slice(7)}.json`,
      { name: 'a.json', unreadable: 'it is no plain file' },
    ]);
  });

  it('says what to do where it cannot be listed or written', async () => {
    const where = folder();
    writeFileSync(where, 'a file');
    await expect(readBlessings(system, where)).rejects.toMatchObject({ code: 'FLOW_BLESSINGS_UNREADABLE' });
    await expect(addStatement(system, where, attestation('{}'))).rejects.toMatchObject({
      code: 'FLOW_BLESSINGS_UNWRITABLE',
    });
  });
});
