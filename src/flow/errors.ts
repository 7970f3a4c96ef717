/** Errors of the composition. */
import { defineError } from '../base/error.ts';

export const runtimeMissing = defineError(
  'FLOW_RUNTIME_MISSING',
  'site',
  'No container runtime was found on this machine.',
);
export const preflightRefused = defineError('PREFLIGHT_REFUSED', 'declaration', 'The image cannot start here.');
export const storeMissing = defineError('FLOW_STORE_MISSING', 'declaration', 'There is no store to read from.');
