/** The text a collector wrote about one node, read back as facts. */
import { plainLine } from '../base/plain-text.ts';
import { askId } from './collector.ts';
import type { Fact, Facts } from './facts.ts';
import { type Frame, type Frames, readFrames } from './frames.ts';
import { isSlow, type NodeAnswer, type NodeAnswers, type NodeAsk, type Probe, sourceOf } from './probe.ts';

/** What the reader must know of the collector that wrote the text. */
export interface ReadOptions {
  readonly nonce: string;
  readonly probes: readonly Probe[];
  /** The node the text should be of; a text of another node is no evidence of this one. */
  readonly node?: string;
  /** Whether the slow tier was asked too. Said by who asked, for a text that is cut cannot say it. */
  readonly slow?: boolean;
}

function lastWords(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString('utf8').trim().split('\n');
  return (lines.at(-1) ?? '').trim().slice(0, 200);
}

/** Why a frame without content has none, in words for people. */
function unknownOf(ask: NodeAsk, frame: Frame): NodeAnswer | undefined {
  const source = sourceOf(ask);
  const program = ask.kind === 'command' ? ask.argv[0] : undefined;
  const seconds = /^timeout=(\d+)$/.exec(frame.status)?.[1];
  if (seconds) return { kind: 'unknown', unknown: 'timeout', why: `${source} did not end within ${seconds} s`, source };
  switch (frame.status) {
    case 'absent':
      return {
        kind: 'unknown',
        unknown: 'absent',
        why: program ? `no ${program} on PATH` : `there is no ${source}`,
        source,
      };
    case 'denied':
      return {
        kind: 'unknown',
        unknown: 'denied',
        why: `this user may not ${program ? 'run' : 'read'} ${source}`,
        source,
      };
    case 'cut':
      return { kind: 'unknown', unknown: 'error', why: `${source} gave more than 1 MiB`, source };
    case 'error':
      return { kind: 'unknown', unknown: 'error', why: `${source} failed: ${lastWords(frame.bytes)}`, source };
    default:
      return undefined;
  }
}

/** The answer to one ask: its frame, or why there is none. */
function answerOf(frames: Frames, id: string, ask: NodeAsk, distrust: string | undefined): NodeAnswer {
  const source = sourceOf(ask);
  if (distrust) return { kind: 'unknown', unknown: 'error', why: distrust, source };
  const frame = frames.good.get(id);
  if (frame) {
    const status = /^exit=(\d+)$/.exec(frame.status)?.[1];
    const content: NodeAnswer = { kind: 'content', bytes: frame.bytes, status: Number(status ?? 0), source };
    return unknownOf(ask, frame) ?? content;
  }
  const bad = frames.bad.get(id);
  if (bad)
    return { kind: 'unknown', unknown: 'error', why: `the answer of the node cannot be believed: ${bad}`, source };
  const files = frames.good.get('collector.files');
  const seconds = /^timeout=(\d+)$/.exec(files?.status ?? '')?.[1];
  if (ask.kind !== 'command' && seconds)
    return {
      kind: 'unknown',
      unknown: 'timeout',
      why: `the node's files were not all read within ${seconds} s`,
      source,
    };
  const why = frames.ended === undefined ? 'the text of the node ends before the answer' : 'the node sent no answer';
  return { kind: 'unknown', unknown: 'error', why, source };
}

/** Why nothing of a text can be believed, or undefined. */
function distrustOf(frames: Frames, node: string | undefined): string | undefined {
  if (frames.node === undefined) return 'the node sent nothing with the mark of this run';
  if (node !== undefined && frames.node !== node) return `the text is of node ${frames.node}, not of ${node}`;
  return undefined;
}

/**
 * What one probe reads from answers, of the slow tier too if it was asked. Every fact is a line: a value that is not one
 * is not believed, whatever it says.
 */
export function factsFrom(probe: Probe, answers: NodeAnswers, slow = false): Readonly<Record<string, Fact>> {
  const rows = [...probe.read(answers), ...(slow ? (probe.readSlow?.(answers) ?? []) : [])];
  return Object.fromEntries(rows.map(({ key, fact }) => [plainLine(key), lineOf(fact)]));
}

function lineOf(fact: Fact): Fact {
  const source = plainLine(fact.source);
  if ('unknown' in fact) return { ...fact, why: plainLine(fact.why), source };
  if (!/[\0-\x1f\x7f\u2028\u2029]/.test(fact.value)) return { ...fact, source };
  const why = `the answer holds what is no text: ${plainLine(fact.value).slice(0, 100)}`;
  return { unknown: 'error', why, source };
}

/**
 * Facts in a collector's text. Never throws: an empty, cut or foreign text gives facts that are all unknown, with why.
 */
export function readFacts(text: string, options: ReadOptions): Facts {
  const frames = readFrames(text, options.nonce);
  const distrust = distrustOf(frames, options.node);
  const groups: Record<string, Record<string, Fact>> = {};
  for (const probe of options.probes) {
    const answers: NodeAnswers = (id) => {
      const ask = probe.asks.find((each) => each.id === id && (options.slow || !isSlow(each)));
      if (!ask) throw new Error(`the probe ${probe.name} reads "${id}", which it never asks`);
      return answerOf(frames, askId(probe, ask), ask, distrust);
    };
    groups[probe.name] = factsFrom(probe, answers, options.slow);
  }
  return { node: options.node ?? frames.node ?? 'unnamed', groups };
}
