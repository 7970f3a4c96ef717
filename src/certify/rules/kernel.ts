import type { Evidence } from '../evidence.ts';
import type { Blessing } from '../kernels/kernel-statement.ts';
import { type KernelStanding, shortFingerprint } from '../kernels/kernels.ts';
import { type KernelOfRun, kernelsOf, standingOf } from '../kernels/kernels-of-runs.ts';
import { hold, type Problem, refuse, ruleOverRuns } from '../rule.ts';

/** Names of nodes shown in a sentence; the rest are counted. */
const namesShown = 4;

/** Every node of every run has a kernel that a trusted key blessed, in force now. Asked only where the policy says so. */
export const kernel = ruleOverRuns(
  'kernel',
  'that every node ran a kernel that an administrator has tested and blessed',
  (evidence, policy, now) => {
    if (!policy.kernel) return { problems: [], good: 'the policy does not ask for a blessed kernel' };
    const { kernels } = evidence;
    if (!kernels) return { problems: [hold('the blessings of kernels were not looked up')], good: '' };
    if ('unknown' in kernels)
      return { problems: [hold(`which kernels are blessed is unknown: ${kernels.unknown}`)], good: '' };
    const found = evidence.runs.flatMap(kernelsOf);
    const blessed = found.flatMap((one) => {
      const standing = standingOf(evidence, one, now);
      return standing?.status === 'blessed' && standing.blessing ? [{ one, blessing: standing.blessing }] : [];
    });
    return {
      problems: [
        ...evidence.runs
          .filter(({ nodes }) => nodes.length === 0)
          .map(({ id }) => hold(`run ${id} does not say which kernel its nodes ran; run it again`)),
        ...found.flatMap((one) => problemsOf(evidence, one, now)),
        // Such a file may be a revocation, and a damaged one must not let a kernel in.
        ...kernels.statements.flatMap((one) =>
          one.kind === 'unreadable' || one.kind === 'altered'
            ? [
                hold(
                  `${one.file}, beside the blessings, may be a revocation and cannot be believed: ${one.why}; mend or remove it`,
                ),
              ]
            : [],
        ),
      ],
      good: `blessed: ${blessed.map(({ one, blessing }) => `${nameOf(one)} until ${blessing.until.slice(0, 10)} by ${blessing.by}`).join(', ')}`,
      shown: blessed.map(({ blessing }) => `${blessing.fingerprint} blessed by ${blessing.digest}`),
    };
  },
);

function nameOf({ release, fingerprint }: KernelOfRun): string {
  const short = typeof fingerprint === 'string' ? ` (fingerprint ${shortFingerprint(fingerprint)})` : '';
  return `kernel ${release ?? 'of unknown release'}${short}`;
}

function problemsOf(evidence: Evidence, one: KernelOfRun, now: string): readonly Problem[] {
  const shown = one.nodes.slice(0, namesShown).join(', ');
  const more = one.nodes.length > namesShown ? ` and ${one.nodes.length - namesShown} more` : '';
  const who = `${shown}${more} of run ${one.run} ran ${nameOf(one)}`;
  if (typeof one.fingerprint !== 'string')
    return [hold(`${who}, and it cannot be identified: ${one.fingerprint.unknown}; see: assay inspect on the node`)];
  const standing = standingOf(evidence, one, now);
  return standing ? problemOf(who, one, standing, evidence) : [hold(`${who}, which was not looked up`)];
}

function problemOf(who: string, one: KernelOfRun, standing: KernelStanding, evidence: Evidence): readonly Problem[] {
  const { status, blessing, revocation, why } = standing;
  const next = `an administrator blesses it with: assay bless ${one.run} --site FILE --key FILE --reason TEXT`;
  switch (status) {
    case 'blessed':
      return [];
    case 'revoked':
      return [
        refuse(
          `${who}, whose blessing was revoked by ${revocation?.by} at ${revocation?.at}: ${revocation?.reason}; test on other nodes, or on a mended kernel`,
        ),
      ];
    case 'altered':
      return [refuse(`${who}, whose blessing counts no more: ${why}; ${next}`)];
    case 'untrusted':
      return [
        refuse(
          `${who}, whose blessing is signed by a key that this policy does not trust; let the policy name its public key under kernel, or ${next}`,
        ),
      ];
    case 'expired':
      return [hold(`${who}, whose blessing ended at ${blessing?.until}; test again, then ${next}`)];
    case 'not-yet':
      return [hold(`${who}, whose blessing begins only at ${blessing?.from}; check the clocks`)];
    case 'elsewhere':
      return [hold(`${who}, which is blessed for the site ${blessing?.site} only, not for ${one.site}; ${next}`)];
    case 'unknown':
      return [hold(`${who}, which nobody has blessed${others(evidence, one)}; ${next}`)];
  }
}

/** The blessed kernel that is most alike, and in what this one differs. */
function others({ kernels }: Evidence, one: KernelOfRun): string {
  const statements = kernels && 'statements' in kernels ? kernels.statements : [];
  const [nearest] = statements
    .filter((each): each is Blessing => each.kind === 'blessing' && each.site === one.site)
    .map((blessing) => ({ blessing, differs: differingKeys(blessing.lines, one.lines ?? []) }))
    .sort((a, b) => a.differs.length - b.differs.length || (a.blessing.digest < b.blessing.digest ? -1 : 1));
  if (!nearest) return '';
  const { blessing, differs } = nearest;
  const where = one.lines ? `, and differs in ${differs.join(', ')}` : '';
  return `; a blessing is there for kernel ${blessing.release} (fingerprint ${shortFingerprint(blessing.fingerprint)})${where}`;
}

function differingKeys(before: readonly string[], now: readonly string[]): readonly string[] {
  const keyOf = (line: string) => line.split('=', 1)[0] ?? line;
  const changed = [...before.filter((line) => !now.includes(line)), ...now.filter((line) => !before.includes(line))];
  return [...new Set(changed.map(keyOf))].sort();
}
