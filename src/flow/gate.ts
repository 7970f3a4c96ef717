/** `assay gate`: may this image be promoted? The run directory is untrusted; every verdict is derived again. */
import { dirname, resolve } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { type Decision, gate as decide } from '../certify/certify.ts';
import type { KernelEvidence } from '../certify/evidence.ts';
import { readKernelStatement } from '../certify/kernels/read-statement.ts';
import { loadPolicy, type Policy } from '../certify/policy.ts';
import { loadTrust } from '../certify/trust.ts';
import type { System } from '../system/system.ts';
import { readBlessings } from './blessings.ts';
import { policyMissing, targetInvalid } from './errors.ts';
import { findRun } from './find-run.ts';
import { type Gathered, gatherEvidence } from './gather-evidence.ts';
import { type OpenSite, openSite } from './open-site.ts';

/** What a gate is asked. */
export interface GateRequest {
  /** Runs by id or directory. */
  readonly runs: readonly string[];
  readonly policy: string;
  readonly site?: string;
  /** `REGISTRY/REPOSITORY:TAG` of the blessed image. */
  readonly to: string;
  readonly expect?: Digest;
}

/** A decision with what it was made from. */
export interface Gated extends Gathered {
  readonly decision: Decision;
  readonly policy: Policy;
  readonly to: ImageRef & { readonly kind: 'registry'; readonly tag: string };
}

/** Gathers the evidence and decides. */
export async function gate(system: System, request: GateRequest): Promise<Gated> {
  const to = parseTarget(request.to);
  const text = await system.files.readTextIfThere(request.policy);
  if (text === undefined)
    throw policyMissing(`there is no policy at ${request.policy}`, 'name the policy file with --policy');
  const policy = loadPolicy(text, request.policy);
  const site = await openSite(system, request.site);
  const directories: string[] = [];
  for (const name of request.runs) {
    // A run that is not there is no evidence, and no evidence holds: it is told by the decision, not by an error.
    directories.push(await findRun(system, site.site.directories.runs, name).catch(() => name));
  }
  const expect = request.expect ? { expect: request.expect } : {};
  const kernels = policy.kernel && { kernels: await kernelEvidence(system, site, policy.kernel.keys, request.policy) };
  const gathered = await gatherEvidence(system, { directories, site, target: to, ...expect, ...kernels });
  return { ...gathered, policy, to, decision: decide(gathered.evidence, policy, system.clock.now()) };
}

/** What was said of kernels, read with the policy's own keys. A key that is not there stops the gate: CERTIFY_KEY_MISSING. */
async function kernelEvidence(
  system: System,
  { site }: OpenSite,
  keys: readonly string[],
  policy: string,
): Promise<KernelEvidence> {
  const folder = dirname(resolve(system.environment.directory, policy));
  const trust = await loadTrust(
    system,
    keys.map((key) => resolve(folder, key)),
  );
  try {
    const files = await readBlessings(system, site.directories.blessings);
    return { statements: files.map((file) => readKernelStatement(file, trust)) };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

function parseTarget(name: string): Gated['to'] {
  const ref = parseImageRef(name);
  if (ref.kind !== 'registry' || ref.tag === undefined || ref.digest !== undefined)
    throw targetInvalid(
      `"${name}" is no place to promote to`,
      'write REGISTRY/REPOSITORY:TAG of the blessed repository',
    );
  return { ...ref, tag: ref.tag };
}
