/** Slurm by its command line, from 21.08 on. */
import { closed, Type } from '../../../base/schema.ts';
import type { Scheduler } from '../../scheduler.ts';
import { account, cancel, find, poll, pollAll } from './queue.ts';
import { submit } from './submit.ts';

export const slurm: Scheduler = {
  kind: 'slurm',
  options: closed({
    kind: Type.Literal('slurm'),
    interval: Type.Optional(
      Type.Number({ minimum: 0.2, description: 'Seconds between two looks at the queue; 10 unless said.' }),
    ),
  }),
  interval: (options) => (typeof options.interval === 'number' ? options.interval : 10),
  submit,
  find,
  poll,
  pollAll,
  account,
  cancel,
};
