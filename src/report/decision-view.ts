/** A gate's decision for people: what was decided, why, and what each rule asked, for somebody who never saw the policy. */

import { installed } from '../base/installation.ts';
import { cutText, plainLine } from '../base/plain-text.ts';
import type { Decision, DecisionOutcome } from '../certify/certify.ts';
import { noDigest } from '../certify/evidence.ts';
import type { RuleOutcome, RuleResult } from '../certify/rule.ts';
import type { Files } from '../system/files.ts';
import { renderTemplate } from '../system/template.ts';
import { codeSpan } from './markdown-text.ts';

/** What each outcome means, and what to do about it. */
const meanings: Readonly<Record<DecisionOutcome, { readonly says: string; readonly next: string }>> = {
  promote: { says: 'every rule is satisfied', next: 'The image may be copied into the blessed repository.' },
  refuse: {
    says: 'a fault is proven',
    next: 'Mend what is named above and test again; the same evidence will be refused again.',
  },
  hold: {
    says: 'not proven either way, so the image stays out',
    next: 'Get the evidence that is missing, then ask again.',
  },
};

/** The decision as a view; every text is raw and must be made safe by what draws it. */
export interface DecisionView {
  readonly outcome: DecisionOutcome;
  readonly says: string;
  readonly next: string;
  readonly details: readonly { readonly label: string; readonly text: string }[];
  /** Rules that keep the image out, the worst first. */
  readonly against: readonly RuleView[];
  readonly satisfied: readonly RuleView[];
}

/** One rule in a view. */
export interface RuleView {
  readonly rule: string;
  readonly asks: string;
  readonly outcome: RuleOutcome;
  readonly message: string;
  readonly evidence: readonly string[];
  /** `… and 7 more`, or empty. */
  readonly more: string;
}

const rulesShown = 5;

/** The view of a decision: `lines` of evidence for each rule that keeps the image out, the rest counted. */
export function decisionView(decision: Decision, lines = rulesShown): DecisionView {
  const { candidate, policy, runs, bootstrap, outcome } = decision;
  const version = policy.version === undefined ? '' : ` version ${policy.version}`;
  const against = decision.rules.filter((rule) => rule.outcome !== 'ok');
  return {
    outcome,
    ...meanings[outcome],
    details: [
      { label: 'image', text: candidate.name },
      ...(candidate.digest === noDigest ? [] : [{ label: 'digest', text: candidate.digest }]),
      { label: 'policy', text: `${policy.name}${version}${policy.digest ? `, ${policy.digest}` : ''}` },
      { label: 'runs', text: runs.length > 0 ? runs.join(', ') : 'none' },
      { label: 'decided', text: decision.decidedAt },
      ...(bootstrap ? [{ label: 'BOOTSTRAP', text: `no baseline was compared with: ${bootstrap.reason}` }] : []),
    ],
    against: [...against]
      .sort((a, b) => Number(b.outcome === 'refuse') - Number(a.outcome === 'refuse'))
      .map((rule) => ruleView(rule, lines)),
    satisfied: decision.rules.filter((rule) => rule.outcome === 'ok').map((rule) => ruleView(rule, 0)),
  };
}

function ruleView({ rule, asks, outcome, message, evidence }: RuleResult, lines: number): RuleView {
  // Refusals before holds: the cut must not hide the worst.
  const sorted = [...evidence].sort((a, b) => Number(b.startsWith('refuse')) - Number(a.startsWith('refuse')));
  const left = evidence.length - lines;
  return {
    rule,
    asks,
    outcome,
    message,
    evidence: sorted.slice(0, lines),
    more: left > 0 && lines > 0 ? `… and ${left} more` : '',
  };
}

/** The decision as plain text for one screen of a terminal. */
export function decisionText(decision: Decision): string {
  const view = decisionView(decision);
  const lines = [
    `${view.outcome.toUpperCase()}: ${view.says}`,
    ...view.details.map(({ label, text }) => `  ${label.padEnd(9)} ${line(text)}`),
  ];
  if (view.against.length > 0) lines.push('', 'why:');
  for (const rule of view.against) {
    lines.push(`  ${rule.outcome.padEnd(6)} ${line(rule.message)}`);
    lines.push(`         the rule "${rule.rule}" asks ${rule.asks}`);
    lines.push(...rule.evidence.map((item) => `         - ${line(item)}`));
    if (rule.more) lines.push(`         ${rule.more}`);
  }
  if (view.satisfied.length > 0) lines.push('', 'satisfied:');
  lines.push(...view.satisfied.map(({ rule, message }) => `  ok     ${rule.padEnd(16)} ${line(message)}`));
  return `${[...lines, '', view.next].join('\n')}\n`;
}

function line(text: string): string {
  return cutText(plainLine(text), 400);
}

/** The decision as Markdown, by `templates/report/decision.md.hbs`. */
export async function renderDecision(files: Pick<Files, 'readText'>, decision: Decision): Promise<string> {
  const path = installed('templates/report/decision.md.hbs');
  const view = decisionView(decision);
  return renderTemplate('markdown', await files.readText(path), {
    ...view,
    details: view.details.map(({ label, text }) => ({ label, text: codeSpan(text, 400) })),
    against: view.against.map((rule) => ({
      ...rule,
      message: codeSpan(rule.message, 400),
      evidence: rule.evidence.map((item) => codeSpan(item, 400)),
    })),
    satisfied: view.satisfied.map((rule) => ({ ...rule, message: codeSpan(rule.message, 400) })),
  });
}
