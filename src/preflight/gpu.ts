/** The GPU toolkit in the image against the driver of the nodes. */
import type { ImageToolkit } from '../image/image.ts';
import { factValue } from '../inspect/facts.ts';
import { whyUnknown } from './compatibility.ts';
import type { PreflightFinding, PreflightInput } from './finding.ts';
import { compareVersions } from './versions.ts';

/**
 * Oldest NVIDIA driver for Linux that runs programs of a CUDA release (CUDA Compatibility guide, "Minor Version
 * Compatibility": from 11 on that of the major version suffices; before, each release has its own: CUDA Toolkit release
 * notes, table "CUDA Toolkit and Corresponding Driver Versions", where a release has several the oldest).
 */
export const oldestDriver: readonly (readonly [string, string])[] = [
  ['13', '580'],
  ['12', '525.60.13'],
  ['11', '450.80.02'],
  ['10.2', '440.33'],
  ['10.1', '418.39'],
  ['10.0', '410.48'],
  ['9.2', '396.26'],
  ['9.1', '387.26'],
  ['9.0', '384.81'],
  ['8.0', '367.48'],
];

function finding(
  outcome: PreflightFinding['outcome'],
  message: string,
  evidence: readonly string[],
  hint = '',
): PreflightFinding {
  return { check: 'gpu', outcome, message, evidence, hint };
}

/** CUDA or ROCm of the image has a driver that is not too old. An image without either asks nothing. */
export function checkGpu(input: PreflightInput): PreflightFinding {
  const { toolkits } = input.image.holds;
  const cuda = toolkits.find(({ name }) => name === 'cuda');
  const rocm = toolkits.find(({ name }) => name === 'rocm');
  if (cuda) return cudaFinding(input, cuda);
  if (rocm) return rocmFinding(input, rocm);
  return finding('ok', 'the image has neither CUDA nor ROCm', []);
}

function cudaFinding({ image, facts }: PreflightInput, cuda: ImageToolkit): PreflightFinding {
  const name = cuda.version === undefined ? 'CUDA' : `CUDA ${cuda.version}`;
  const drivers = facts.flatMap((node) => {
    const driver = factValue(node, 'gpu', 'nvidia-driver');
    return driver === undefined ? [] : [{ node: node.node, driver }];
  });
  const evidence = [...cuda.evidence, ...drivers.slice(0, 4).map(({ node, driver }) => `${node}: driver ${driver}`)];
  if (drivers.length === 0)
    return finding(
      'cannot-tell',
      `the image has ${name}, and the NVIDIA driver of the nodes is not known`,
      [...evidence, ...whyUnknown(facts, 'gpu', 'nvidia-driver')],
      'take the facts of a node of this partition first',
    );
  const bare = drivers.find(({ driver }) => driver === 'none');
  if (bare)
    return finding(
      'cannot-tell',
      `the image has ${name}, and ${bare.node} has no NVIDIA driver: a program that needs a GPU will not find one`,
      evidence,
      'name a partition with GPUs, if the programs need them',
    );
  const oldest = oldestDriver.find(([release]) => `${cuda.version}.`.startsWith(`${release}.`));
  if (!oldest)
    return finding(
      'cannot-tell',
      `which driver ${name} needs is not known here`,
      evidence,
      "look it up in NVIDIA's CUDA release notes",
    );
  const old = drivers.find(({ driver }) => compareVersions(driver, oldest[1]) < 0);
  if (!old)
    return finding('ok', `${name} runs on NVIDIA drivers from ${oldest[1]} on, and the nodes have such`, evidence);
  const message = `${name} needs an NVIDIA driver from ${oldest[1]} on, and ${old.node} has ${old.driver}`;
  const { cudaCompat } = image.holds;
  if (cudaCompat !== undefined)
    return finding(
      'cannot-tell',
      `${message}; the image has libcuda for older drivers in ${cudaCompat}, which helps on data-centre GPUs alone`,
      evidence,
      `see that LD_LIBRARY_PATH names ${cudaCompat}`,
    );
  return finding('will-fail', message, evidence, `build the image with an older CUDA, or update the driver`);
}

function rocmFinding({ facts }: PreflightInput, rocm: ImageToolkit): PreflightFinding {
  const name = rocm.version === undefined ? 'ROCm' : `ROCm ${rocm.version}`;
  const drivers = facts.flatMap((node) => {
    const driver = factValue(node, 'gpu', 'amd-driver');
    return driver === undefined ? [] : [{ node: node.node, driver }];
  });
  const evidence = [
    ...rocm.evidence,
    ...drivers.slice(0, 4).map(({ node, driver }) => `${node}: amdgpu ${driver}`),
    ...(drivers.length === 0 ? whyUnknown(facts, 'gpu', 'amd-driver') : []),
  ];
  const bare = drivers.find(({ driver }) => driver === 'none');
  if (bare)
    return finding(
      'cannot-tell',
      `the image has ${name}, and ${bare.node} has no amdgpu driver: a program that needs a GPU will not find one`,
      evidence,
      'name a partition with GPUs, if the programs need them',
    );
  return finding(
    'cannot-tell',
    `the image has ${name}; whether the amdgpu driver of the nodes serves it is not known here`,
    evidence,
    "look at AMD's user and kernel space support matrix",
  );
}
