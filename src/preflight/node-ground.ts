/** What the image needs of the node below it: the level of its processor, and the age of its kernel. */
import { factValue } from '../inspect/facts.ts';
import { whyUnknown } from './compatibility.ts';
import type { PreflightFinding, PreflightInput } from './finding.ts';
import { compareVersions } from './versions.ts';

/** The processors have the level of x86-64 for which the image's files are marked (x86-64 psABI, "Micro-Architecture Levels"). */
export function checkLevel({ image, facts }: PreflightInput): PreflightFinding {
  const { levels } = image.needs;
  const [top] = [...levels].sort((a, b) => b.level - a.level);
  if (image.architecture !== 'amd64' || !top)
    return {
      check: 'level',
      outcome: 'ok',
      message: 'no file of the image is marked for more than the first level of its processor',
      evidence: [],
      hint: '',
    };
  const evidence = levels.map(({ level, path }) => `${path}: needs x86-64-v${level}`);
  const nodes = facts.flatMap((node) => {
    const level = /^x86-64-v([1-4])$/.exec(factValue(node, 'hardware', 'instruction-set') ?? '')?.[1];
    return level === undefined ? [] : [{ node: node.node, level: Number(level) }];
  });
  const [lowest] = [...nodes].sort((a, b) => a.level - b.level);
  const known = [...evidence, ...nodes.slice(0, 4).map(({ node, level }) => `${node}: x86-64-v${level}`)];
  if (!lowest)
    return {
      check: 'level',
      outcome: 'cannot-tell',
      message: `the image needs x86-64-v${top.level}, and the level of the nodes is not known`,
      evidence: [...known, ...whyUnknown(facts, 'hardware', 'instruction-set')],
      hint: 'take the facts of a node of this partition first',
    };
  const low = levels.filter(({ level }) => level > lowest.level);
  const all = low.find((one) => one.all);
  const hint = `build the image for x86-64-v${lowest.level}, or name a partition with newer processors`;
  if (all)
    return {
      check: 'level',
      outcome: 'will-fail',
      message: `the C library of the image needs x86-64-v${all.level}, and ${lowest.node} has x86-64-v${lowest.level}`,
      evidence: known,
      hint,
    };
  if (low[0])
    return {
      check: 'level',
      outcome: 'cannot-tell',
      message: `what loads ${low[0].path} needs x86-64-v${low[0].level}, and ${lowest.node} has x86-64-v${lowest.level}`,
      evidence: known,
      hint,
    };
  return {
    check: 'level',
    outcome: 'ok',
    message: `the nodes have x86-64-v${lowest.level} or more, and the image needs x86-64-v${top.level}`,
    evidence: known,
    hint: '',
  };
}

/** The kernel is not older than the image's C library takes: an older one ends every program with "kernel too old". */
export function checkKernel({ image, facts }: PreflightInput): PreflightFinding {
  const { kernel } = image.needs;
  if (!kernel)
    return {
      check: 'kernel',
      outcome: 'ok',
      message: 'the C library of the image names no oldest kernel',
      evidence: [],
      hint: '',
    };
  const nodes = facts.flatMap((node) => {
    const release = factValue(node, 'kernel', 'release');
    return release === undefined ? [] : [{ node: node.node, release }];
  });
  const evidence = [
    `${kernel.path}: needs Linux ${kernel.version}`,
    ...nodes.slice(0, 4).map(({ node, release }) => `${node}: ${release}`),
  ];
  const old = nodes.find(({ release }) => compareVersions(release, kernel.version) < 0);
  if (old)
    return {
      check: 'kernel',
      outcome: 'will-fail',
      message: `the C library of the image needs Linux ${kernel.version}, and ${old.node} runs ${old.release}`,
      evidence,
      hint: 'build the image on an older distribution, or name a partition with a newer kernel',
    };
  if (nodes.length === 0)
    return {
      check: 'kernel',
      outcome: 'cannot-tell',
      message: `the image needs Linux ${kernel.version}, and the kernel of the nodes is not known`,
      evidence: [...evidence, ...whyUnknown(facts, 'kernel', 'release')],
      hint: 'take the facts of a node of this partition first',
    };
  return {
    check: 'kernel',
    outcome: 'ok',
    message: `the nodes run Linux ${kernel.version} or newer, which the image's C library needs`,
    evidence,
    hint: '',
  };
}
