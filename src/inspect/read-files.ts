/** The check of sampled files of an image tree on one node, read back. */
import { readFrames } from './frames.ts';

/** How the files of a tree agree with the list of digests. */
export type FileSample =
  | { readonly kind: 'agrees'; readonly node: string; readonly checked: number }
  | { readonly kind: 'differs'; readonly node: string; readonly paths: readonly string[] }
  | { readonly kind: 'unknown'; readonly node: string; readonly why: string };

/**
 * Reads what `collector.sh … files LIST TREE` framed. `expected` is the number of lines in the list: fewer answers are
 * no agreement. Lines are those of `sha256sum -c`: `PATH: OK`, `PATH: FAILED`, `PATH: FAILED open or read`.
 */
export function readFileSample(text: string, nonce: string, node: string, expected: number): FileSample {
  const frames = readFrames(text, nonce);
  const unknown = (why: string): FileSample => ({ kind: 'unknown', node, why });
  if (frames.node !== node)
    return unknown(frames.node ? `the text is of node ${frames.node}` : 'the node sent nothing');
  const frame = frames.good.get('files');
  if (!frame) return unknown(frames.bad.get('files') ?? 'the node sent no answer');
  const lines = Buffer.from(frame.bytes).toString('utf8').split('\n');
  const failed = lines.flatMap((line) => /^(.*): FAILED(?: open or read)?$/.exec(line)?.[1] ?? []);
  if (failed.length > 0) return { kind: 'differs', node, paths: failed };
  const good = lines.filter((line) => line.endsWith(': OK')).length;
  if (frame.status === 'ok' && good === expected) return { kind: 'agrees', node, checked: good };
  if (frame.status.startsWith('timeout=')) return unknown(`the check did not end within ${frame.status.slice(8)} s`);
  if (frame.status === 'ok') return unknown(`${good} of ${expected} files were checked`);
  return unknown(`the check ended as ${frame.status}: ${lines.filter((line) => line !== '').at(-1) ?? 'no words'}`);
}
