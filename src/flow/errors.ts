/** Errors of the composition. */
import { defineError } from '../base/error.ts';

export const runtimeMissing = defineError(
  'FLOW_RUNTIME_MISSING',
  'site',
  'No container runtime was found on this machine.',
);
export const preflightRefused = defineError('PREFLIGHT_REFUSED', 'declaration', 'The image cannot start here.');
export const policyMissing = defineError('FLOW_POLICY_MISSING', 'declaration', 'The policy file is not there.');
export const lintUnknown = defineError(
  'FLOW_LINT_UNKNOWN',
  'declaration',
  'A file to check is not there, or none of Assay.',
);
export const targetInvalid = defineError(
  'FLOW_TARGET_INVALID',
  'declaration',
  'The place to promote to cannot be used.',
);
export const factsFileInvalid = defineError('FLOW_FACTS_INVALID', 'declaration', 'The file of facts cannot be used.');
export const injectInvalid = defineError(
  'FLOW_INJECT_INVALID',
  'declaration',
  'A library to be put into the container cannot be used.',
);
export const nodesUnanswered = defineError(
  'FLOW_NODES_UNANSWERED',
  'site',
  'Not every node of an allocation told its facts.',
);
export const nodesTooMany = defineError(
  'FLOW_NODES_TOO_MANY',
  'declaration',
  'More nodes are asked for than an allocation may hold.',
);
export const blessingsUnreadable = defineError(
  'FLOW_BLESSINGS_UNREADABLE',
  'site',
  'The folder of blessings cannot be read.',
);
export const blessingsUnwritable = defineError(
  'FLOW_BLESSINGS_UNWRITABLE',
  'site',
  'A blessing or revocation cannot be written.',
);
export const untilInvalid = defineError('FLOW_UNTIL_INVALID', 'declaration', 'The end of a blessing cannot be used.');
export const kernelUnknown = defineError(
  'FLOW_KERNEL_UNKNOWN',
  'declaration',
  'No kernel, or more than one, is meant by a fingerprint.',
);
export const pipelineUnwritable = defineError(
  'FLOW_PIPELINE_UNWRITABLE',
  'declaration',
  'The file of the pipeline is there already or cannot be written.',
);
