/** NVIDIA and AMD GPUs and their drivers; their absence is proved from the PCI bus, not assumed. */
import { smallFiles } from '../../answers.ts';
import type { Probe } from '../../probe.ts';
import { amdAsks, amdFingerprint, amdOwnKeys, amdPatterns, amdRows, amdToolAsks, amdToolRows } from './amd.ts';
import { busPatterns, busRows, readBus } from './bus.ts';
import { nvidiaAsks, nvidiaFingerprint, nvidiaOwnKeys, nvidiaPatterns, nvidiaRows } from './nvidia.ts';
import { serviceAsks, serviceRows } from './nvidia-services.ts';

// More than any node has: eight cards in eight partitions each.
const indexes = Array.from({ length: 64 }, (_, index) => index);

export const gpu: Probe = {
  name: 'gpu',
  asks: [
    { id: 'sys', kind: 'small', patterns: [...busPatterns, ...nvidiaPatterns, ...amdPatterns] },
    {
      id: 'dev',
      kind: 'command',
      // By name only: opening a device node would wake the card.
      argv: [
        ...(['find', '/dev', '-maxdepth', '2', '-type', 'c', '(', '-name', 'nvidia[0-9]*'] as const),
        ...[
          '-o',
          '-name',
          'nvidiactl',
          '-o',
          '-name',
          'nvidia-uvm',
          '-o',
          '-name',
          'kfd',
          '-o',
          '-name',
          'renderD*',
          ')',
        ],
      ],
      limitSeconds: 10,
    },
    ...nvidiaAsks,
    ...serviceAsks,
    ...amdAsks,
    ...amdToolAsks,
  ],
  fingerprints: { gpu: [...nvidiaFingerprint, ...amdFingerprint] },
  forms: Object.fromEntries(
    [...nvidiaFingerprint, ...amdFingerprint].map((key) => [
      key,
      { name: 'gpu_fact', asks: ['sys', 'dev', 'nvidia-smi', 'amd', 'kfd'], words: [key] },
    ]),
  ),
  ownKeys: ['nvidia-visible', ...indexes.flatMap((index) => [...nvidiaOwnKeys(index), ...amdOwnKeys(index)])],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    const bus = readBus(sys, answers('dev'));
    return [...busRows(bus, answers('dev')), ...nvidiaRows(sys, bus, answers), ...amdRows(sys, bus, answers)];
  },
  readSlow: (answers) => {
    const bus = readBus(smallFiles(answers('sys')), answers('dev'));
    return [...serviceRows(bus, answers), ...amdToolRows(bus, answers)];
  },
};
