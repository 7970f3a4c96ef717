/** The running kernel: what it is built from, how it was started, how it is set, and what it does about its processor. */
import { factFrom, firstLine, mapFact, smallFact, smallFiles } from '../../answers.ts';
import { buildIdsOf } from '../../elf-notes.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, Probe } from '../../probe.ts';
import { secretExpressions } from '../../secret-names.ts';
import { taintWords } from '../../taint.ts';
import { commandLineRows, volatileOptions } from './command-line.ts';
import { configAsk, configRows } from './config.ts';
import { livepatchRow, mitigationForms, mitigationPatterns, mitigationRows } from './mitigations.ts';
import { settingPatterns, settingRows } from './settings.ts';

function buildId(answer: NodeAnswer): Fact {
  if (answer.kind === 'unknown') return { unknown: answer.unknown, why: answer.why, source: answer.source };
  const id = buildIdsOf(answer.bytes)[0];
  if (id) return { value: id, source: answer.source };
  return { unknown: 'absent', why: `${answer.source} holds no GNU build-id`, source: answer.source };
}

const identity = ['osrelease', 'version', 'tainted', 'random/boot_id'].map((name) => `/proc/sys/kernel/${name}`);

export const kernel: Probe = {
  name: 'kernel',
  asks: [
    { id: 'sys', kind: 'small', patterns: [...new Set([...identity, ...settingPatterns, ...mitigationPatterns])] },
    { id: 'machine', kind: 'command', argv: ['uname', '-m'], limitSeconds: 10 },
    { id: 'notes', kind: 'file', path: '/sys/kernel/notes' },
    { id: 'cmdline', kind: 'file', path: '/proc/cmdline' },
    configAsk,
  ],
  // Not the taint (a warning at run time sets it), nor settings that a running node changes: those are facts of the node.
  fingerprints: {
    kernel: [
      ...['release', 'version', 'machine', 'build-id', 'config-digest', 'command-line'],
      ...['mitigations', 'livepatches'],
    ],
  },
  forms: {
    release: { name: 'small_file', asks: ['sys'], words: ['/proc/sys/kernel/osrelease'] },
    version: { name: 'small_file', asks: ['sys'], words: ['/proc/sys/kernel/version'] },
    machine: { name: 'first_line', asks: ['machine'] },
    'build-id': { name: 'build_id', asks: ['notes'] },
    'config-digest': { name: 'file_digest', asks: ['config'] },
    'command-line': { name: 'command_line', asks: ['cmdline'], words: [...secretExpressions, ...volatileOptions] },
    ...mitigationForms,
  },
  ownKeys: ['boot-id', 'command-line-volatile', 'command-line-digest'],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    return [
      { key: 'release', fact: smallFact(sys, '/proc/sys/kernel/osrelease') },
      { key: 'version', fact: smallFact(sys, '/proc/sys/kernel/version') },
      { key: 'machine', fact: factFrom(answers('machine'), firstLine) },
      { key: 'taint', fact: mapFact(smallFact(sys, '/proc/sys/kernel/tainted'), taintWords) },
      { key: 'boot-id', fact: smallFact(sys, '/proc/sys/kernel/random/boot_id') },
      { key: 'build-id', fact: buildId(answers('notes')) },
      ...configRows(answers('config')),
      ...commandLineRows(answers('cmdline')),
      ...mitigationRows(sys),
      livepatchRow(sys),
      ...settingRows(sys),
    ];
  },
};
