/** What can go wrong when a run is written for another program. */
import { defineError } from '../base/error.ts';

export const exchangeDotenvLimit = defineError(
  'EXCHANGE_DOTENV_LIMIT',
  'site',
  'The variables for GitLab are more, or longer, than it takes in a dotenv report.',
);
