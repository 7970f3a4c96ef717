/** One field of a card in nvidia-smi's XML as a fact. */
import type { Fact } from '../../facts.ts';
import { type LogElement, leavesOf, type NvidiaLog } from './nvidia-log.ts';

/** A card in the XML with the answer it stands in. */
export interface LoggedCard {
  readonly element: LogElement;
  /** Its fields by the path of their elements. */
  readonly fields: ReadonlyMap<string, string>;
  readonly log: NvidiaLog;
  readonly source: string;
}

/** Cards in the order of nvidia-smi's own index. */
export function loggedCards(log: NvidiaLog, source: string): readonly LoggedCard[] {
  const elements = log.root?.children.filter(({ name }) => name === 'gpu') ?? [];
  return elements.map((element) => ({ element, fields: leavesOf(element), log, source }));
}

/**
 * What a text says as a value. nvidia-smi writes NVML's errors where the value belongs (nvmlErrorString, NVML API
 * reference): `Insufficient Permissions`, `Unknown Error`, `GPU is lost`, `Requested functionality has been deprecated`.
 */
export function statedFact(text: string, source: string): Fact {
  const words = text.replace(/^\[(.*)\]$/, '$1').slice(0, 200);
  if (words === '') return { unknown: 'absent', why: `${source} states nothing`, source };
  if (/[\0-\x1f\x7f\ufffd]/.test(words)) return { unknown: 'error', why: `${source} gave no text`, source };
  if (/has been deprecated/i.test(words)) return { unknown: 'absent', why: `${source} says: ${words}`, source };
  if (/^(insufficient|no) permission/i.test(words))
    return { unknown: 'denied', why: `${source} says: ${words}`, source };
  if (/\berror\b|\bis lost\b|^unknown\b|^failed\b|^timeout\b|^uninitialized\b|reset required$/i.test(words))
    return { unknown: 'error', why: `${source} says: ${words}`, source };
  return { value: words, source };
}

/** The field at a path of element names below the card; the first of several paths that this release of the driver has. */
export function fieldFact(card: LoggedCard, ...paths: readonly string[]): Fact {
  const { element, fields, log, source } = card;
  for (const path of paths) {
    const text = fields.get(path);
    if (text !== undefined) return statedFact(text, source);
  }
  if (!element.closed) return { unknown: 'error', why: log.fault ?? 'the XML of nvidia-smi is cut off', source };
  return { unknown: 'absent', why: `this nvidia-smi does not state ${paths[0]?.replaceAll('/', ' ')}`, source };
}
