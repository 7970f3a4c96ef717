/**
 * Renders the script by which a node takes its own fingerprints, at boot, without anything of ours. It asks with the
 * collector's own functions, and which facts are in which fingerprint comes from the probes, as in `fingerprint.ts`.
 */
import { installed } from '../base/installation.ts';
import type { Files } from '../system/files.ts';
import { renderTemplate } from '../system/template.ts';
import {
  askId,
  type CollectorTemplates,
  callOf,
  checkAsk,
  isBeside,
  loadCollectorTemplates,
  sharedParts,
} from './collector.ts';
import { fingerprintHead, fingerprintKeys, fingerprintNames } from './fingerprint.ts';
import { type FingerprintName, isSlow, type NodeAsk, type Probe, sourceOf } from './probe.ts';

/** The templates of the script: itself, how answers are read, the forms of facts, and what it shares with the collector. */
export interface FingerprintTemplates {
  readonly main: string;
  readonly answers: string;
  readonly forms: string;
  readonly collector: CollectorTemplates;
}

/** Reads the script's templates from the package. */
export async function loadFingerprintTemplates(files: Pick<Files, 'readText'>): Promise<FingerprintTemplates> {
  const part = (name: string): Promise<string> =>
    files.readText(installed(`templates/shell/fingerprint${name}.sh.hbs`));
  return {
    main: await part(''),
    answers: await part('-answers'),
    forms: (await Promise.all(['-kernel', '-mpi', '-fabric', '-gpu'].map(part))).join('\n'),
    collector: await loadCollectorTemplates(files),
  };
}

/** A fact of a fingerprint: the words that make it, and the asks that these read. */
interface FormedFact {
  readonly words: readonly string[];
  readonly asks: readonly (readonly [id: string, ask: NodeAsk])[];
}

/** A key without a form, or a form that nothing defines, is a mistake in Assay itself, so this throws a plain Error. */
function formed(path: string, probes: readonly Probe[], forms: string): FormedFact {
  const dot = path.indexOf('.');
  const probe = probes.find(({ name }) => name === path.slice(0, dot));
  const form = probe?.forms?.[path.slice(dot + 1)];
  if (!probe || !form) throw new Error(`${path} is in a fingerprint, and the shell has no form for it`);
  if (!forms.includes(`\n${form.name}() {`)) throw new Error(`the form ${form.name} of ${path} is in no template`);
  const asks = form.asks.map((id) => {
    const ask = probe.asks.find((each) => each.id === id);
    if (!ask || isSlow(ask)) throw new Error(`the form of ${path} reads "${id}", which is not asked for a fingerprint`);
    return [askId(probe, ask), ask] as const;
  });
  return { words: [path, form.name, ...asks.map(([id]) => id), ...(form.words ?? [])], asks };
}

/** A reason is a line for people: some questions name a hundred files. */
function shortened(source: string): string {
  return source.length > 100 ? `${source.slice(0, 100).replace(/\s+\S*$/, '')} ...` : source;
}

function viewOf(name: FingerprintName, probes: readonly Probe[], forms: string) {
  const facts = fingerprintKeys(name, probes).map((path) => formed(path, probes, forms));
  const asks = [...new Map(facts.flatMap((fact) => fact.asks))];
  for (const [id, ask] of asks) checkAsk(id, ask);
  const calls = (beside: boolean) =>
    asks.filter(([, ask]) => isBeside(ask) === beside).map(([id, ask]) => callOf(id, ask));
  return {
    name,
    head: fingerprintHead(name),
    facts: facts.map(({ words }) => words),
    commands: calls(true),
    inline: calls(false),
    sources: asks.map(([id, ask]) => ({ id, words: shortened(sourceOf(ask)) })),
  };
}

/**
 * The script's text; how it is run stands at its head. The same probes give the same bytes. `root` is a prefix of every
 * path read, for trying it on captured trees; `fileLimitSeconds` is what all files together may take.
 */
export function renderFingerprintScript(
  templates: FingerprintTemplates,
  options: { readonly probes: readonly Probe[]; readonly root?: string; readonly fileLimitSeconds?: number },
): string {
  const fingerprints = fingerprintNames.map((name) => viewOf(name, options.probes, templates.forms));
  const sources = new Map(fingerprints.flatMap((one) => one.sources.map((source) => [source.id, source] as const)));
  return renderTemplate('shell', templates.main, {
    root: options.root ?? '',
    fileLimitSeconds: options.fileLimitSeconds ?? 20,
    ...sharedParts({ ...templates.collector, trials: '' }, 'fingerprint'),
    answers: templates.answers,
    forms: templates.forms,
    fingerprints,
    sources: [...sources.values()],
    all: fingerprintNames.join(' '),
  });
}
