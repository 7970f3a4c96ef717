/** Preflight of a run: whether its cases will start with this image here, and under which `--mpi`. */
import type { Image } from '../image/image.ts';
import type { Facts } from '../inspect/facts.ts';
import { runsSuiteProgram } from '../launch/resolve.ts';
import type { PreflightFinding } from '../preflight/finding.ts';
import { preflight } from '../preflight/preflight.ts';
import type { Partition } from '../site/site.ts';
import type { Suite } from '../suite/suite.ts';
import { preflightRefused } from './errors.ts';
import type { OpenSite } from './open-site.ts';

/** The choice, with the findings it rests on. */
export interface MpiChoice {
  readonly choice: string;
  readonly why: string;
  readonly findings: readonly PreflightFinding[];
}

/** The MPI ABIs for which a suite brings a program: the ends of the names `bin/ARCHITECTURE/PROGRAM.ABI`. */
function buildsOf(suite: Suite, architecture: string): readonly string[] {
  return suite.inputs.flatMap(({ path }) => {
    const match = new RegExp(`^bin/${architecture}/[A-Za-z0-9_-]+\\.(.+)$`).exec(path);
    return match?.[1] ? [match[1]] : [];
  });
}

/**
 * Asks preflight for every suite and takes the strictest answer; throws PREFLIGHT_REFUSED naming each reason when a
 * suite cannot start. `mpi` is what the user insists on.
 */
export function chooseMpi(
  site: OpenSite,
  partition: Partition,
  suites: readonly Suite[],
  image: Image,
  facts: readonly Facts[],
  mpi: string | undefined,
): MpiChoice {
  const answers = suites.map((suite) => {
    const own = suite.cases.some((item) => runsSuiteProgram({ case: item }));
    return preflight({
      image,
      facts,
      partition,
      wish: {
        launcher: site.launcher.kind,
        ranks: Math.max(1, ...suite.cases.map((item) => item.geometry.ranks)),
        program: own ? { builds: buildsOf(suite, image.architecture) } : 'image',
        ...(mpi !== undefined && { mpi }),
      },
    });
  });
  const findings = answers.flatMap((answer) => answer.findings);
  const failing = unique(findings.filter((finding) => finding.outcome === 'will-fail'));
  if (failing.length > 0)
    throw preflightRefused(
      `${image.name} will not start here: ${failing.map((finding) => finding.message).join('; ')}`,
      failing.find((finding) => finding.hint !== '')?.hint ?? "see: assay inspect, and the image's own MPI",
    );
  const choice = answers.find((answer) => answer.mpi !== 'none')?.mpi ?? 'none';
  const why = findings.find((finding) => finding.check === 'pmi')?.message ?? 'no suite asks for MPI';
  return { choice, why, findings: unique(findings) };
}

function unique(findings: readonly PreflightFinding[]): readonly PreflightFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ check, message }) => {
    const key = `${check} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
