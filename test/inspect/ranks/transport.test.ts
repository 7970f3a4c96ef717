import { expect, test } from 'vitest';
import { transportsLoaded } from '../../../src/inspect/ranks/transport.ts';
import { library, seenRank } from './seen-rank.ts';

test('a way is let go only when no rank holds it', () => {
  const ranks = [
    seenRank(0, ['/m/mca_pml_ob1.so', '/m/mca_btl_tcp.so', library('/m/mca_pml_cm.so', { released: true })], {
      opened: ['/dev/shm/vader_segment'],
    }),
    seenRank(1, ['/m/mca_pml_ob1.so', '/m/mca_btl_self.so', library('/m/mca_btl_tcp.so', { released: true })]),
  ];
  expect(transportsLoaded(ranks)).toEqual({
    held: ['Open MPI btl: self, tcp', 'Open MPI pml: ob1'],
    released: ['Open MPI pml: cm'],
    opened: ['/dev/shm/vader_segment'],
  });
  expect(transportsLoaded([])).toEqual({ held: [], released: [], opened: [] });
});
