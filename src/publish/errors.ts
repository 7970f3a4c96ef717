/** Errors of promotion that a user or a site can mend. What the image or its evidence lacks is an outcome, not an error. */
import { defineError } from '../base/error.ts';

export const sameRepository = defineError(
  'PUBLISH_SAME_REPOSITORY',
  'declaration',
  'The blessed repository is the one that the candidate is in.',
);

export const wrongSource = defineError(
  'PUBLISH_WRONG_SOURCE',
  'declaration',
  'The image would be taken from another repository than the one decided on.',
);

export const tagTaken = defineError(
  'PUBLISH_TAG_TAKEN',
  'declaration',
  'The tag to be given names another image already, and moving it was not asked for.',
);

export const attestationUnusable = defineError(
  'PUBLISH_ATTESTATION_UNUSABLE',
  'declaration',
  'The attestations to be attached do not verify, are about something else, or one is lacking.',
);

export const notAsPushed = defineError(
  'PUBLISH_NOT_AS_PUSHED',
  'site',
  'What a registry gives back is not what was pushed.',
);

export const tagRaced = defineError(
  'PUBLISH_TAG_RACED',
  'site',
  'The tag names another image right after it was given: something else promotes at the same time.',
);
