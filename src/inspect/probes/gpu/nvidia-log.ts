/**
 * The XML that `nvidia-smi -q -x` writes (its DTDs are nvsmi_device_v7 to v13). A reader for this one form: elements,
 * text, one attribute, no CDATA, no entities but XML's own. What stands before a fault or a cut is read, what follows is
 * not, for a library would give all or nothing. Lists that say nothing of the card are passed over unread: its clocks,
 * and its processes, whose names other users choose.
 */

/** One element. Only `closed` ones are whole. */
export interface LogElement {
  readonly name: string;
  /** The attribute `id`, which `gpu` has: the card's PCI address. */
  readonly id?: string;
  /** In one line. Empty where there are children. */
  readonly text: string;
  readonly children: readonly LogElement[];
  readonly closed: boolean;
}

/** What was read, and why it ends early if it does. */
export interface NvidiaLog {
  readonly root?: LogElement;
  readonly fault?: string;
  /** Lines outside the XML, such as `WARNING: infoROM is corrupted at gpu …`. */
  readonly said: readonly string[];
}

interface Open {
  name: string;
  id?: string;
  text: string;
  children: Open[];
  closed: boolean;
}

const skipped = new Set(['processes', 'accounted_processes', 'supported_clocks']);
const deepest = 16;
const startTag = /<([A-Za-z_][\w.-]*)((?:\s+[\w.-]+\s*=\s*"[^"<]*")*)\s*(\/?)>/y;
const endTag = /<\/([A-Za-z_][\w.-]*)\s*>/y;
const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function plain(text: string): string {
  const decoded = text.includes('&')
    ? text.replace(/&([a-z]+);/g, (all, name: string) => entities.get(name) ?? all)
    : text;
  return /[^\S ]|^ | $| {2}/.test(decoded) ? decoded.trim().replace(/\s+/g, ' ') : decoded;
}

/** Where a comment, a processing instruction or the document type ends; -1 when it does not, undefined when it is none. */
function asideEnd(text: string, at: number): number | undefined {
  const after = (mark: string): number => {
    const found = text.indexOf(mark, at);
    return found < 0 ? -1 : found + mark.length;
  };
  if (text.startsWith('<!--', at)) return after('-->');
  if (text.startsWith('<?', at)) return after('?>');
  if (!text.startsWith('<!DOCTYPE', at)) return undefined;
  const [subset, end] = [text.indexOf('[', at), text.indexOf('>', at)];
  return subset >= 0 && subset < end ? after(']>') : after('>');
}

/** `<name>text</name>`, which most of the document is made of; undefined for anything else that may begin here. */
function leafAt(text: string, at: number): { name: string; text: string; end: number } | undefined {
  const close = text.indexOf('>', at);
  const next = text.indexOf('<', at + 1);
  if (close < 0 || next < close) return undefined;
  const name = text.slice(at + 1, close);
  if (!/^[A-Za-z_]\w*$/.test(name) || skipped.has(name) || !text.startsWith(`</${name}>`, next)) return undefined;
  return { name, text: text.slice(close + 1, next), end: next + name.length + 3 };
}

/** Reads the XML. Never throws. */
export function readNvidiaLog(text: string): NvidiaLog {
  const open: Open[] = [];
  const said: string[] = [];
  let root: Open | undefined;
  let at = 0;
  const fault = (what: string): NvidiaLog => {
    const line = text.slice(0, at).split('\n').length;
    return { ...(root && { root }), fault: `the XML of nvidia-smi ${what} at line ${line}`, said };
  };
  const outside = (words: string): void => {
    said.push(...words.split('\n').flatMap((line) => (line.trim() === '' ? [] : [plain(line)])));
  };
  while (!root?.closed) {
    const next = text.indexOf('<', at);
    const words = text.slice(at, next < 0 ? text.length : next);
    const top = open.at(-1);
    if (!top) outside(words);
    else if (top.children.length === 0) top.text += words;
    else if (words.trim() !== '') return fault('has text between elements');
    if (next < 0) return fault(root ? 'is cut off' : 'is missing');
    at = next;
    const aside = asideEnd(text, at);
    if (aside !== undefined) {
      if (aside < 0) return fault('is cut off');
      at = aside;
      continue;
    }
    endTag.lastIndex = at;
    const end = endTag.exec(text);
    if (end) {
      if (!top || top.name !== end[1]) return fault(`closes ${end[1]} where ${top?.name ?? 'nothing'} is open`);
      top.closed = true;
      top.text = top.children.length > 0 ? '' : plain(top.text);
      open.pop();
      at = endTag.lastIndex;
      continue;
    }
    if (top && top.children.length === 0 && top.text.trim() !== '') return fault('has text between elements');
    const leaf = top && leafAt(text, at);
    if (leaf) {
      top.children.push({ name: leaf.name, text: plain(leaf.text), children: [], closed: true });
      at = leaf.end;
      continue;
    }
    startTag.lastIndex = at;
    const [, name = '', attributes = '', empty] = startTag.exec(text) ?? [];
    if (name === '') return fault('is damaged');
    if (!top && name !== 'nvidia_smi_log') return fault(`begins with ${name}, not with nvidia_smi_log,`);
    if (open.length >= deepest) return fault('is nested too deep');
    at = startTag.lastIndex;
    if (skipped.has(name) && empty === '') {
      const close = text.indexOf(`</${name}>`, at);
      if (close < 0 || text.slice(at, close).includes('</gpu>')) return fault(`does not close ${name}`);
      at = close + name.length + 3;
      continue;
    }
    const id = /\bid\s*=\s*"([^"]*)"/.exec(attributes)?.[1];
    const element: Open = { name, ...(id !== undefined && { id }), text: '', children: [], closed: empty === '/' };
    if (top) top.children.push(element);
    else root = element;
    if (empty === '') open.push(element);
  }
  outside(text.slice(at));
  return { root, said };
}

/** Texts of the whole leaves below an element by their paths, `ecc_mode/current_ecc`; of several the first. */
export function leavesOf(element: LogElement): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (at: LogElement, above: string): void => {
    for (const child of at.children) {
      const path = above + child.name;
      if (child.children.length > 0) walk(child, `${path}/`);
      else if (child.closed && !found.has(path)) found.set(path, child.text);
    }
  };
  walk(element, '');
  return found;
}

/** What the document says before its cards, by name: `driver_version`, `cuda_version`. */
export function headOf(log: NvidiaLog, name: string): string | undefined {
  return log.root?.children.find((child) => child.name === name && child.closed && child.children.length === 0)?.text;
}
