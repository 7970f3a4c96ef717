/** Processors, memory, NUMA nodes, disks, adapters, file systems, and the names of board and firmware. No serial numbers. */
import { factFrom, smallFiles, textOf } from '../../answers.ts';
import type { Probe } from '../../probe.ts';
import { adapterRow, devicePatterns, diskRows } from './devices.ts';
import { filesystemAsks, filesystemRows } from './filesystems.ts';
import { clockFact, devicetreeModel, platformPatterns, platformRows } from './platform.ts';
import { processorAsk, processorRows } from './processor.ts';
import { cacheRow, gibibytes, numaRows, processorCounts, topologyPatterns } from './topology.ts';

export const hardware: Probe = {
  name: 'hardware',
  asks: [
    processorAsk,
    { id: 'memory', kind: 'lines', path: '/proc/meminfo', pattern: '^MemTotal:', most: 1 },
    {
      id: 'sys',
      kind: 'small',
      patterns: [...topologyPatterns, ...platformPatterns, ...devicePatterns, '/run/systemd/timesync/synchronized'],
    },
    { id: 'devicetree', kind: 'file', path: devicetreeModel },
    { id: 'chrony', kind: 'command', argv: ['chronyc', '-n', 'tracking'], limitSeconds: 10 },
    ...filesystemAsks,
    // By way of D-Bus, which may have to start a service first.
    {
      id: 'timedatectl',
      kind: 'command',
      argv: ['timedatectl', 'show', '--property=NTPSynchronized', '--value'],
      limitSeconds: 10,
      slow: true,
    },
  ],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    return [
      ...processorRows(answers('cpuinfo')),
      ...processorCounts(sys, answers('cpuinfo')),
      cacheRow(sys),
      ...numaRows(sys),
      { key: 'memory', fact: factFrom(answers('memory'), gibibytes) },
      ...diskRows(sys),
      adapterRow(sys),
      ...platformRows(sys, answers('cpuinfo'), textOf(answers('devicetree'))),
      { key: 'clock', fact: clockFact(sys, answers('chrony')) },
      ...filesystemRows(answers('places'), answers('mounts')),
    ];
  },
  // The kernel's own word (adjtimex(2), STA_UNSYNC), whatever daemon steers its clock.
  readSlow: (answers) => [
    { key: 'clock-synchronised', fact: factFrom(answers('timedatectl'), (text) => /^(yes|no)$/m.exec(text)?.[0]) },
  ],
};
