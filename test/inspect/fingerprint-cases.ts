/** Answers of a node as the collector and the node's own shell find them, and their fingerprints in both forms. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintHead, fingerprintOf } from '../../src/inspect/fingerprint.ts';
import { loadFingerprintTemplates, renderFingerprintScript } from '../../src/inspect/fingerprint-script.ts';
import { type FingerprintName, type NodeAnswer, type Probe, sourceOf } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { factsFrom } from '../../src/inspect/read-collected.ts';
import { realFiles } from '../../src/system/files.ts';
import { scratch } from './scratch-collector.ts';

/** What an ask left behind: its status, standard output and standard error. */
export interface Left {
  readonly status: string;
  readonly out: Uint8Array;
  readonly err?: Uint8Array;
}

/** What a node left, by the id of the ask within the collector, such as `kernel.sys`. What is not there is absent. */
export type Case = Readonly<Record<string, Left>>;

/** An answer that ended well. */
export function ok(out: string | Uint8Array): Left {
  return { status: 'ok', out: Buffer.from(out) };
}

/** The lines of a fingerprint, with `?` for the value of each fact that is not known. */
export function byTypeScript(name: FingerprintName, node: Case): string {
  const lines = probes.flatMap((probe) => {
    const keys = probe.fingerprints[name] ?? [];
    const answers = (id: string): NodeAnswer => answerOf(probe, id, node);
    const facts = keys.length > 0 ? { node: 'n', groups: { [probe.name]: factsFrom(probe, answers) } } : undefined;
    return keys.map((key) => {
      const found = facts && fingerprintOf(name, facts, [{ ...probe, fingerprints: { [name]: [key] } }]);
      const line =
        found && 'text' in found ? found.text.split('\n').find((each) => each.startsWith(`${probe.name}.`)) : undefined;
      return `${line ?? `${probe.name}.${key}=?`}\n`;
    });
  });
  return lines.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))).join('');
}

function answerOf(probe: Probe, id: string, node: Case): NodeAnswer {
  const ask = probe.asks.find((each) => each.id === id);
  if (!ask) throw new Error(`${probe.name} does not ask ${id}`);
  const source = sourceOf(ask);
  const left = node[`${probe.name}.${id}`] ?? { status: 'absent', out: Buffer.alloc(0) };
  const status = /^exit=(\d+)$/.exec(left.status)?.[1];
  if (left.status === 'ok' || status)
    return { kind: 'content', bytes: framed(left), status: Number(status ?? 0), source };
  const why = left.status.split('=')[0];
  const unknown = why === 'absent' || why === 'denied' || why === 'timeout' ? why : 'error';
  return { kind: 'unknown', unknown, why: left.status, source };
}

/** The bytes that the collector frames: what a tool said on standard error counts where it failed or said nothing else. */
function framed({ status, out, err = Buffer.alloc(0) }: Left): Uint8Array {
  if (status === 'ok') return out.length > 0 ? out : err;
  return Buffer.concat([out, err]);
}

/** PATH for a shell: with BusyBox, its own tools and no others. */
export function pathOf(shell: readonly string[]): string {
  if (shell[0] !== 'busybox') return process.env.PATH ?? '';
  const folder = scratch();
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    symlinkSync(busybox, join(folder, name));
  return folder;
}

/** The same by a shell, of many nodes by one process. Runs the script's own functions on answers that are there already. */
export async function byShell(
  shell: readonly string[],
  name: FingerprintName,
  nodes: readonly Case[],
): Promise<readonly string[]> {
  const script = renderFingerprintScript(await loadFingerprintTemplates(realFiles), { probes });
  const functions = script.slice(0, script.indexOf('# ---- what to do'));
  const folder = scratch();
  const asked = probes.flatMap((probe) =>
    (probe.fingerprints[name] ?? []).flatMap(
      (key) => probe.forms?.[key]?.asks.map((id) => `${probe.name}.${id}`) ?? [],
    ),
  );
  nodes.forEach((node, index) => {
    const place = join(folder, String(index));
    mkdirSync(place);
    for (const id of asked) writeFileSync(join(place, `${id}.status`), 'absent\n');
    for (const [id, { status, out, err }] of Object.entries(node)) {
      if (!asked.includes(id)) continue;
      writeFileSync(join(place, `${id}.status`), `${status}\n`);
      writeFileSync(join(place, `${id}.out`), out);
      if (err) writeFileSync(join(place, `${id}.err`), err);
    }
  });
  // Every fact by itself: the first that is unknown does not hide the others.
  const driver = `
fact() { one_fact "$@"; [ -z "$lost" ] || { line "$1" '?'; lost=; }; }
index=0
while [ "$index" -lt ${nodes.length} ]; do
  scratch=${folder}/$index
  digest ${name}
  index=$((index + 1))
done
scratch=
`;
  const [program = 'sh', ...words] = shell;
  const { stderr } = spawnSync(program, [...words, '-s'], {
    input: functions.replace('\nfact() {', '\none_fact() {') + driver,
    env: { PATH: pathOf(shell) },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (stderr !== '') throw new Error(stderr);
  const texts = nodes.map((_, index) => {
    const [head = '', ...lines] = readFileSync(join(folder, String(index), 'lines'), 'latin1').split(/(?<=\n)/);
    if (head !== `assay.fingerprint=${fingerprintHead(name)}\n`) throw new Error(`it begins with ${head}`);
    return lines.join('');
  });
  rmSync(folder, { recursive: true });
  return texts;
}
