import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { askedPrograms } from '../../src/flow/asked-programs.ts';
import { suiteLanguage } from '../../src/flow/language.ts';
import { openSiteText } from '../../src/flow/open-site.ts';
import type { Image } from '../../src/image/image.ts';
import { partitionOf } from '../../src/site/place.ts';
import { loadSuite } from '../../src/suite/load.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { makeElf } from '../base/elf-file.ts';
import { image as example } from '../preflight/example.ts';

const system = realSystem(true);
const folder = mkdtempSync(join(tmpdir(), 'assay-asked-'));
const root = join(folder, 'image');
const directory = join(folder, 'tiny');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const path of [root, directory]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
});

function put(path: string, content: string | Uint8Array, mode = 0o755): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const interpreter = '/lib64/ld-linux-x86-64.so.2';

/** The programs of a suite with this command. */
async function asked(command: string, environment = '{}', image: Image = example) {
  put(
    join(directory, 'suite.yaml'),
    `suite: tiny
description: Tiny.
tests:
  one:
    description: One.
    command: [${command}]
    environment: ${environment}
    geometry: { nodes: 1, ranks: 2 }
    time_limit: 10s
    observations:
      value: { parser: keyvalue, key: value, unit: m }
    checks:
      right: { kind: tolerance, of: value, expect: 1, absolute: 0.1, why: "It is one." }
`,
    0o644,
  );
  const site = openSiteText(system, readFileSync('sites/cluster.yaml', 'utf8'), '/s/site.yaml');
  const suite = await loadSuite(system, directory, suiteLanguage);
  const ground = { site, partition: partitionOf(site.site, undefined), image, root };
  return (await askedPrograms(system, ground, [suite])).get('tiny');
}

it('finds a command of the image by its PATH, links followed inside the image only', async () => {
  put(join(root, 'opt/app'), makeElf({ type: 2 }));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync('/opt/app', join(root, 'usr/bin/app'));
  symlinkSync('/bin/sh', join(root, 'usr/bin/outside'));
  expect(await asked('app')).toMatchObject([{ origin: 'image', ownPath: false, program: { files: ['/opt/app'] } }]);
  const other = { ...example, environment: { PATH: '/bin' } };
  expect(await asked('app', '{}', other)).toMatchObject([{ program: { trouble: expect.stringContaining('/bin') } }]);
  expect(await asked('app', '{ PATH: /opt }')).toMatchObject([{ ownPath: true, program: { files: ['/opt/app'] } }]);
  expect(await asked('outside')).toMatchObject([{ program: { trouble: expect.stringContaining('no outside') } }]);
  // Nobody knows what will be there.
  const [made] = (await asked('"{{work}}/made"')) ?? [];
  expect(made).toMatchObject({ origin: 'image', program: { files: [], places: [] } });
  expect(made?.program).not.toHaveProperty('trouble');
});

it("reads the suite's own program", async () => {
  put(join(root, interpreter.slice(1)), makeElf({ type: 2 }));
  const file = join(directory, 'bin/amd64/x.libmpi.so.40');
  const command = '"{{suite}}/bin/{{image.architecture}}/x.{{image.mpi.abi}}"';
  put(file, makeElf({ interpreter, needed: ['libmpi.so.40'], versionsNeeded: { 'libc.so.6': ['GLIBC_2.34'] } }));
  expect(await asked(command)).toMatchObject([
    { origin: 'suite', namesMpi: true, needed: ['libmpi.so.40'], versionsNeeded: { 'libc.so.6': ['GLIBC_2.34'] } },
  ]);
  put(file, makeElf({ type: 2, text: '\0PMI_FD\0' }));
  expect(await asked(command)).toMatchObject([{ needed: [], speaksMpi: true }]);
  chmodSync(file, 0o644);
  expect(await asked(command)).toMatchObject([{ program: { trouble: expect.stringContaining('not executable') } }]);
  expect(await asked(command, '{}', { ...example, mpi: { unknown: 'none' } })).toMatchObject([{ absent: true }]);
  put(join(directory, 'run.sh'), '#!/bin/sh\n');
  expect(await asked('"{{suite}}/run.sh"')).toMatchObject([
    { program: { trouble: 'run.sh of the suite begins with #!/bin/sh: the image has no /bin/sh' } },
  ]);
});
