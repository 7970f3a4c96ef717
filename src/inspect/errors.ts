/** What can go wrong in inspecting this host that its owner can mend. */
import { defineError } from '../base/error.ts';

export const collectorFailed = defineError(
  'INSPECT_COLLECTOR_FAILED',
  'site',
  'The collector that asks this host for its facts could not be run.',
);
