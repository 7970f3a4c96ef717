/** Answers of a node as the collector and the node's own shell find them, and their fingerprints in both forms. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf } from '../../src/inspect/fingerprint.ts';
import { loadFingerprintTemplates, renderFingerprintScript } from '../../src/inspect/fingerprint-script.ts';
import { type FingerprintName, isSlow, type NodeAnswer, sourceOf } from '../../src/inspect/probe.ts';
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

/** The digest; or `unknown GROUP.KEY` of the first fact that is not known. */
export function byTypeScript(name: FingerprintName, node: Case): string {
  const groups = Object.fromEntries(
    probes.map((probe) => {
      const answers = (id: string): NodeAnswer => {
        const ask = probe.asks.find((each) => each.id === id);
        if (!ask) throw new Error(`${probe.name} does not ask ${id}`);
        const source = sourceOf(ask);
        const left = node[`${probe.name}.${id}`] ?? { status: 'absent', out: Buffer.alloc(0) };
        const status = /^exit=(\d+)$/.exec(left.status)?.[1];
        if (left.status === 'ok' || status)
          return { kind: 'content', bytes: framed(left), status: Number(status ?? 0), source };
        const unknown =
          left.status === 'absent' || left.status === 'denied'
            ? left.status
            : left.status.startsWith('timeout=')
              ? 'timeout'
              : 'error';
        return { kind: 'unknown', unknown, why: left.status, source };
      };
      return [probe.name, factsFrom(probe, answers)];
    }),
  );
  const found = fingerprintOf(name, { node: 'n', groups }, probes);
  return 'digest' in found ? found.digest : `unknown ${found.why.split(' ')[0]}`;
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
  nodes.forEach((node, index) => {
    const place = join(folder, String(index));
    mkdirSync(place);
    for (const probe of probes)
      for (const ask of probe.asks)
        if (!isSlow(ask)) writeFileSync(join(place, `${probe.name}.${ask.id}.status`), 'absent\n');
    for (const [id, { status, out, err }] of Object.entries(node)) {
      writeFileSync(join(place, `${id}.status`), `${status}\n`);
      writeFileSync(join(place, `${id}.out`), out);
      if (err) writeFileSync(join(place, `${id}.err`), err);
    }
  });
  const driver = `
index=0
while [ "$index" -lt ${nodes.length} ]; do
  scratch=${folder}/$index
  digest ${name}
  if [ -n "$lost" ]; then printf 'unknown %s\\n' "\${lost%% *}"; else printf 'sha256:%s\\n' "$sum"; fi
  index=$((index + 1))
done
scratch=
`;
  const [program = 'sh', ...words] = shell;
  const { stdout, stderr } = spawnSync(program, [...words, '-s'], {
    input: functions + driver,
    env: { PATH: pathOf(shell) },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (stderr !== '') throw new Error(stderr);
  return stdout.trimEnd().split('\n');
}
