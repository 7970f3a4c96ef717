/** No launcher: the command is started as it is, once. For programs without MPI. */
import { closed, Type } from '../../base/schema.ts';
import type { Launcher } from '../adapter.ts';

export const plain: Launcher = {
  kind: 'plain',
  options: closed({ kind: Type.Literal('plain') }),
  where: 'outside',
  placesSteps: false,
  wrap: (launch) => ({ ...launch, launcher: 'plain' }),
  everywhere: (_nodes, [first, ...rest]) => [first ?? 'true', ...rest],
};
