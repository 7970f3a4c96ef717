/**
 * What MPI may communicate through: adapters with firmware and ports, kernel bypass, and what libfabric and UCX make of
 * them. The libraries themselves are a group of their own.
 */
import { factFrom, factOrNone, known, smallFiles, textOf } from '../../answers.ts';
import type { NodeAnswer, Probe, ProbeRow } from '../../probe.ts';
import { adapterFiles, infinibandRows, kindForms, kindRows, netRows, slingshotRows } from './adapters.ts';
import { bypassAsk, bypassFiles, bypassRows, driverForm, driverRow } from './bypass.ts';
import {
  cxiDevices,
  endpointDigest,
  endpointText,
  fabricEndpoints,
  fabricProviders,
  libfabricVersion,
  ucxResources,
  ucxVersion,
} from './transports.ts';

/** `fi_info` ends with a status above 0 where it finds no endpoint at all (-61, ENODATA): then there are none. */
function endpointRows(answer: NodeAnswer): readonly ProbeRow[] {
  const said = textOf(answer) ?? '';
  if (/^(fi_getinfo: -61\b|no fi_info$)/m.test(said)) return [known('endpoints', 'none', answer.source)];
  return [
    { key: 'endpoints', fact: factFrom(answer, (text) => endpointText(fabricEndpoints(text))) },
    { key: 'endpoints-digest', fact: factFrom(answer, (text) => endpointDigest(fabricEndpoints(text))) },
  ];
}

function ucxRows(answer: NodeAnswer): readonly ProbeRow[] {
  const absent = (textOf(answer) ?? '').startsWith('no ucx_info');
  return (['transports', 'devices'] as const).map((what) => {
    const key = `ucx-${what}`;
    if (absent) return known(key, 'none', answer.source);
    return { key, fact: factFrom(answer, (text) => ucxResources(text)[what].join(' ')) };
  });
}

/** One row for each adapter that cxi_stat tells of; where there is no such tool, no row. */
function cxiRows(answer: NodeAnswer): readonly ProbeRow[] {
  if (answer.kind === 'unknown' && answer.unknown === 'absent') return [];
  const devices = cxiDevices(textOf(answer) ?? '');
  if (devices.size === 0) return [{ key: 'cxi_stat', fact: factFrom(answer, () => undefined) }];
  return [...devices].map(([name, text]) => known(`cxi_stat.${name}`, text, answer.source));
}

// fi_info tells each endpoint once for each address of each adapter. Without the addresses few are left: each travels once.
const endpointScript = `
command -v fi_info >/dev/null || { echo 'no fi_info'; exit 0; }
said=$(fi_info 2>&1)
ended=$?
if [ "$ended" != 0 ]; then printf '%s\\n' "$said" | tail -n 3; exit "$ended"; fi
tab=$(printf '\\t')
printf '%s\\n' "$said" | {
  block=
  while read -r key value; do
    case $key in
      provider:) [ -z "$block" ] || printf '%s\\n' "$block"; block="$key $value" ;;
      domain: | version: | type: | protocol:) block="$block$tab$key $value" ;;
    esac
  done
  printf '%s\\n' "$block"
} | sort -u | head -n 1000 | tr '\\t' '\\n'
`;

// Opening its transports UCX makes segments of shared memory, and its answer is long: of it the names are enough.
const ucxScript = `
command -v ucx_info >/dev/null || { echo 'no ucx_info'; exit 0; }
ulimit -S -f "$(ulimit -H -f)" 2>/dev/null
ucx_info -d | grep -E '^# *(Memory domain|Transport|Device): ' | head -n 2000
`;

export const fabric: Probe = {
  name: 'fabric',
  asks: [
    { id: 'sys', kind: 'small', patterns: [...adapterFiles, ...bypassFiles] },
    bypassAsk,
    { id: 'ucx', kind: 'command', argv: ['ucx_info', '-v'], limitSeconds: 10 },
    // libfabric's tools load every provider: a tenth of a second of processor time each, and as much waiting.
    { id: 'providers', kind: 'command', argv: ['fi_info', '-l'], limitSeconds: 10, slow: true },
    { id: 'libfabric', kind: 'command', argv: ['fi_info', '--version'], limitSeconds: 10, slow: true },
    {
      id: 'endpoints',
      kind: 'command',
      argv: ['sh', '-c', endpointScript],
      limitSeconds: 10,
      shown: 'fi_info',
      slow: true,
    },
    {
      id: 'ucx-resources',
      kind: 'command',
      argv: ['sh', '-c', ucxScript],
      limitSeconds: 10,
      shown: 'ucx_info -d',
      slow: true,
    },
    { id: 'cxi-stat', kind: 'command', argv: ['cxi_stat'], limitSeconds: 10, slow: true },
  ],
  fingerprints: { fabric: ['infiniband', 'slingshot', 'drivers', 'ucx'] },
  forms: { ...kindForms, drivers: driverForm, ucx: { name: 'ucx_version', asks: ['ucx'] } },
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    return [
      ...kindRows(sys),
      driverRow(sys),
      ...bypassRows(sys, answers('bypass')),
      { key: 'ucx', fact: factOrNone(answers('ucx'), ucxVersion) },
      ...infinibandRows(sys),
      ...slingshotRows(sys),
      ...netRows(sys),
    ];
  },
  readSlow: (answers) => [
    { key: 'libfabric', fact: factOrNone(answers('libfabric'), libfabricVersion) },
    { key: 'providers', fact: factOrNone(answers('providers'), (text) => fabricProviders(text).join(' ')) },
    ...endpointRows(answers('endpoints')),
    ...ucxRows(answers('ucx-resources')),
    ...cxiRows(answers('cxi-stat')),
  ],
};
