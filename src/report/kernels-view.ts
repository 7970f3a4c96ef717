/** Kernels for people: which are blessed, which nodes run them, and what to do about the others. */
import { plainLine } from '../base/plain-text.ts';
import type { Census, KnownKernel, SeenNode } from '../certify/kernels/census.ts';
import { type KernelStatus, shortFingerprint } from '../certify/kernels/kernels.ts';
import type { RuleResult } from '../certify/rule.ts';
import { textTable } from './text-table.ts';

/** What a status means, in a line; what to do is in it. */
const meanings: Readonly<Record<KernelStatus, string>> = {
  blessed: 'tested, accepted and in force',
  'not-yet': 'its blessing is not in force yet; check the clocks',
  expired: 'its blessing is over; test again, then: assay bless RUN --key FILE --reason TEXT',
  revoked: 'somebody took its blessing back; the table says who and why',
  altered: 'its blessing was changed after it was signed',
  untrusted: 'its blessing is signed by another key than those given with --key',
  elsewhere: 'blessed for another site only',
  unknown: 'no blessing; after a good run: assay bless RUN --key FILE --reason TEXT',
};

const nodesShown = 4;

function nodesText(nodes: readonly SeenNode[]): string {
  const names = nodes.slice(0, nodesShown).map(({ node }) => node);
  const more = nodes.length > nodesShown ? ` and ${nodes.length - nodesShown} more` : '';
  return names.length === 0 ? 'none' : `${names.join(', ')}${more}`;
}

function row(kernel: KnownKernel): readonly string[] {
  const { status, fingerprint, release, nodes, blessing, revocation } = kernel;
  const revoked = status === 'revoked' ? revocation : undefined;
  return [
    status,
    release ?? '?',
    shortFingerprint(fingerprint),
    nodesText(nodes),
    revoked ? revoked.at.slice(0, 10) : (blessing?.until.slice(0, 10) ?? ''),
    revoked?.by ?? blessing?.by ?? '',
    revoked ? revoked.reason : (blessing?.evidence.run ?? ''),
  ];
}

/** The table, what its words mean, and the files that do not count. `missing` says why no node is known. */
export function kernelsText(census: Census, folder: string, missing?: string): string {
  const { kernels, unknown, discounted } = census;
  const rows = [
    ...unknown.map(({ node, release }) => ['unknown', release ?? '?', 'unknown', node, '', '', '']),
    ...kernels.map(row),
  ];
  const statuses = [
    ...new Set([...(unknown.length > 0 ? ['unknown' as const] : []), ...kernels.map((one) => one.status)]),
  ];
  const lines = [
    rows.length === 0
      ? `no kernel is known: no blessing lies in ${folder}, and the store has no facts of a node`
      : textTable(['STATUS', 'KERNEL', 'FINGERPRINT', 'NODES', 'ENDS', 'BY', 'EVIDENCE'], rows).trimEnd(),
    '',
    ...statuses.map((status) => `${status}: ${meanings[status]}`),
    ...unknown.map(
      ({ node, kernel }) => `${node} has no fingerprint: ${typeof kernel === 'string' ? kernel : kernel.unknown}`,
    ),
    ...discounted.map(({ kind, file, why, claims }) => {
      const held = kind === 'untrusted' ? 'does not count' : 'holds every gate, since it may be a revocation';
      return `${held}: ${claims?.kind ?? 'file'} ${file}: ${why}`;
    }),
    ...(missing === undefined ? [] : [`which nodes run them is not known: ${missing}`]),
  ];
  return `${lines
    .map((line, index) => (index === 0 ? line : plainLine(line)))
    .join('\n')
    .trimEnd()}\n`;
}

/** One blessing that was made. */
interface MadeBlessing {
  readonly fingerprint: `sha256:${string}`;
  readonly release: string;
  readonly nodes: readonly string[];
  readonly until: string;
  readonly file: string;
}

/** What `bless` made. */
export function blessingsText(blessings: readonly MadeBlessing[]): string {
  const rows = blessings.map(({ release, fingerprint, nodes, until }) => [
    release,
    shortFingerprint(fingerprint),
    nodes.join(', '),
    until.slice(0, 16).replace('T', ' '),
  ]);
  const several =
    blessings.length > 1 ? [`the nodes ran ${blessings.length} different kernels; each has a blessing of its own`] : [];
  const files = blessings.map(({ file }) => `signed  ${file}`);
  return `${[textTable(['BLESSED KERNEL', 'FINGERPRINT', 'NODES', 'UNTIL (UTC)'], rows).trimEnd(), '', ...several, ...files].join('\n')}\n`;
}

/** Why nothing was blessed. */
export function notBlessedText(run: string, outcome: 'refuse' | 'hold', rules: readonly RuleResult[]): string {
  const against = rules.filter((rule) => rule.outcome !== 'ok');
  const lines = [
    `${outcome.toUpperCase()}: run ${run} cannot back a blessing; nothing was signed`,
    ...against.flatMap(({ outcome: each, message, rule, asks, evidence }) => [
      `  ${each.padEnd(6)} ${plainLine(message)}`,
      `         "${rule}" asks ${asks}`,
      ...evidence.slice(0, 5).map((item) => `         - ${plainLine(item)}`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
