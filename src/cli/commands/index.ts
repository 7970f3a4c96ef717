/** The commands, in the order in which help lists them. */
import type { Command } from '../command.ts';
import { bless } from './bless.ts';
import { ci } from './ci.ts';
import { compare } from './compare.ts';
import { diff } from './diff.ts';
import { gate } from './gate.ts';
import { history } from './history.ts';
import { inspect } from './inspect.ts';
import { kernels } from './kernels.ts';
import { key } from './key.ts';
import { lint } from './lint.ts';
import { plan } from './plan.ts';
import { preflight } from './preflight.ts';
import { promote } from './promote.ts';
import { reap } from './reap.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { schema } from './schema.ts';
import { show } from './show.ts';
import { uniform } from './uniform.ts';
import { verify } from './verify.ts';

export const commands: readonly Command[] = [
  inspect,
  diff,
  uniform,
  preflight,
  plan,
  run,
  runs,
  show,
  compare,
  history,
  reap,
  gate,
  promote,
  verify,
  bless,
  kernels,
  key,
  ci,
  lint,
  schema,
];
