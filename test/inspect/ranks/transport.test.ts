import { expect, test } from 'vitest';
import { onlyWayBetweenNodes, transportsLoaded } from '../../../src/inspect/ranks/transport.ts';
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

const gone = (path: string) => library(path, { released: true });

test('a rank caught in MPI_Finalize has let go all, which tells nothing', () => {
  const over = seenRank(0, [gone('/m/mca_pml_ob1.so'), gone('/m/mca_pml_cm.so'), gone('/m/mca_btl_tcp.so')]);
  expect(transportsLoaded([over])).toMatchObject({
    held: ['Open MPI pml: cm, ob1', 'Open MPI btl: tcp'].sort(),
    released: [],
  });
  const running = seenRank(1, ['/m/mca_pml_ob1.so', gone('/m/mca_pml_cm.so'), '/m/mca_btl_tcp.so']);
  expect(transportsLoaded([over, running])).toMatchObject({ released: ['Open MPI pml: cm'] });
});

test('one way between nodes may be the only one left', () => {
  const pair = (...paths: Parameters<typeof seenRank>[1]) => [seenRank(0, paths), seenRank(1, paths)];
  const ob1 = '/m/mca_pml_ob1.so';
  const inside = ['/m/mca_btl_self.so', '/m/mca_btl_vader.so'];
  expect(onlyWayBetweenNodes(pair(ob1, ...inside, '/m/mca_btl_tcp.so', gone('/m/mca_mtl_psm2.so')))).toBe('tcp');
  expect(onlyWayBetweenNodes(pair('/m/mca_pml_cm.so', '/m/mca_mtl_psm2.so', '/m/mca_btl_tcp.so'))).toBe('psm2');
  expect(onlyWayBetweenNodes(pair(ob1, ...inside, '/m/mca_btl_tcp.so', '/m/mca_btl_openib.so'))).toBeUndefined();
  expect(onlyWayBetweenNodes(pair(ob1, '/m/mca_pml_cm.so', '/m/mca_btl_tcp.so'))).toBeUndefined();
  expect(onlyWayBetweenNodes(pair('/m/mca_pml_ucx.so', '/m/mca_btl_tcp.so'))).toBeUndefined();
  expect(onlyWayBetweenNodes([seenRank(0, [ob1, '/m/mca_btl_tcp.so'])])).toBeUndefined();
  expect(onlyWayBetweenNodes(pair(gone(ob1), gone('/m/mca_btl_tcp.so')))).toBeUndefined();
});
