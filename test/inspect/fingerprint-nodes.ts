/** Nodes as their answers tell of them, one or more for each fingerprint, composed from what documentation says. */
import { captured, small } from './answering.ts';
import { type Case, ok } from './fingerprint-cases.ts';
import { bus, busWithout, kfd, mi210, nvidiaXml } from './probes/gpu/composed.ts';

const flaws = '/sys/devices/system/cpu/vulnerabilities';
const note = (id: string): Buffer => Buffer.from(`040000001400000003000000474e5500${id.repeat(20)}`, 'hex');
const bigNote = Buffer.from(`000000040000001400000003474e5500${'ab'.repeat(20)}`, 'hex');
const otherNote = Buffer.from(`060000000400000001010000${'4c696e7578000000'}00000000`, 'hex');
const digest = `${'0123456789abcdef'.repeat(4)}  -\n`;

const plain: Case = {
  'kernel.sys': ok(
    `n /sys/kernel\n${small({
      '/proc/sys/kernel/osrelease': '6.1.0-18-amd64',
      '/proc/sys/kernel/version': '#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)',
      [`${flaws}/spectre_v2`]: 'Mitigation: Retpolines; IBPB: conditional; STIBP: disabled',
      [`${flaws}/mds`]: 'Not affected',
      [`${flaws}/spec_rstack_overflow`]: 'Vulnerable: Safe RET, no microcode',
    })}e /sys/devices/system/cpu/isolated\n`,
  ),
  'kernel.machine': ok('x86_64\n'),
  'kernel.notes': ok(Buffer.concat([otherNote, note('85')])),
  'kernel.cmdline': ok(
    'BOOT_IMAGE=/boot/vmlinuz-6.1 root=UUID=b77 ro mitigations=auto isolcpus=1-3 dyndbg="file a.c +p" api_key=hunter2 ib_pkey=0x8001 quiet -- single\n',
  ),
  'kernel.config': ok(`/boot/config-6.1.0-18-amd64\n${digest}CONFIG_HZ=250\n`),
  'modules.proc': ok(
    'nvidia 1 0 - Live 0x0 (POE)\nnvidia_uvm 1 0 - Live 0x0 (POE)\nloop 1 0 - Live 0x0\nnf_nat 1 2 a,b,[permanent], Live 0xffffffffc0ab4000\nxpmem 1 0 - Loading 0x0 (OE+)\n',
  ),
  'modules.sys': ok(
    `n /sys/module\n${small({
      '/sys/module/nvidia/version': '535.54.03',
      '/sys/module/nvidia/taint': 'POE',
      '/sys/module/nvidia/srcversion': 'A1B2',
      '/sys/module/nvidia_uvm/version': '535.54.03',
      '/sys/module/xpmem/version': '2.7.3',
      '/sys/module/xpmem/srcversion': 'ABCD',
      '/sys/module/loop/initstate': 'live',
      '/sys/module/bridge/version': '2.3',
      '/sys/module/tcp_cubic/version': '2.3',
    })}`,
  ),
};
const without = (node: Case, ...ids: readonly string[]): Case =>
  Object.fromEntries(Object.entries(node).filter(([id]) => !ids.includes(id)));
// Digests that are none, for a reader that only looks at how they begin.
const badDigests: readonly Case[] = ['0123456789abcdef'.repeat(4).slice(1), `${'0123456789abcdef'.repeat(4)}0`].map(
  (text) => ({ ...plain, 'kernel.config': ok(`/boot/config-6.1.0-18-amd64\n${text}  -\n`) }),
);
const kernels: readonly Case[] = [
  plain,
  // No loadable modules listed, a byte order of another machine, a live patch.
  {
    ...without(plain, 'modules.proc'),
    'kernel.notes': ok(bigNote),
    'kernel.cmdline': ok('"quoted name"=x  nosmt\ttsx=on "unclosed = yes'),
    'kernel.sys': ok(
      `n /sys/kernel\nn /sys/kernel/livepatch\n${small({
        '/proc/sys/kernel/osrelease': '5.14.21-150500.53-default',
        '/proc/sys/kernel/version': '#1 SMP',
        '/sys/kernel/livepatch/livepatch_2/enabled': '0',
        '/sys/kernel/livepatch/livepatch_1/enabled': '1',
      })}`,
    ),
    'modules.sys': ok(
      `n /sys/module\n${small({
        '/sys/module/kfab/initstate': 'live',
        '/sys/module/kfab/taint': 'OE',
        '/sys/module/kfab/version': '1.0',
        '/sys/module/vsock/version': '1.0',
      })}`,
    ),
  },
];
const kernelWords = [
  ...[
    'root=',
    'rd.x',
    'mitigations=off',
    '--',
    'password=x',
    'PKEY_TOKEN=1',
    '"a b"',
    '"',
    'wwinit.x',
    'loglevel',
    '\u00a0',
  ],
  ...[
    `v ${flaws}/new\tx\n`,
    `e ${flaws}/mds\n`,
    `d ${flaws}\n`,
    `d ${flaws}/mds\n`,
    'd /sys/kernel/livepatch\n',
    'e /sys/kernel\n',
  ],
  ...['v /sys/module/zfs/version\t2.2\n', 'v /sys/module/nvidia/initstate\tlive\n', 'v /sys/kernel/livepatch\tx\n'],
  ...[
    'zfs 1 0 - Unloading 0x12 (PO-)\n',
    'nvidia_',
    '(F)',
    ' Live 0x0',
    'v \tx\n',
    'v x\n',
    'GNU\0',
    'nvidia',
    'bridge',
  ],
];

const mpis: readonly Case[] = [
  {
    'libraries.list': ok(
      [
        'libmpi.so.40\t/lib/x86_64-linux-gnu/libmpi.so.40\t/usr/lib/x86_64-linux-gnu/openmpi/lib/libmpi.so.40.30.4',
        'libpmix.so.2\t/opt/pmix/lib/libpmix.so.2\t/opt/pmix/lib/libpmix.so.2.9.1',
        'libpmi2.so.0\t/lib/libpmi2.so.0\t',
        'libfabric.so.1\t/lib/libfabric.so.1\t/opt/cray/libfabric/1.15.2.0/lib64/libfabric.so.1.18.2\r',
        'libmpich.so.12\t/lib/libmpich.so.12\t/opt/my mpi/libmpich.so.12',
        'libmpi.so\t/lib/no\t/lib/no',
        '',
      ].join('\n'),
    ),
    'mpi.plugins': ok(captured('slurm/22.05.8/mpi-list.txt')),
    'mpi.srun': ok('slurm-wlm 22.05.8\n'),
    'mpi.mpirun': ok(captured('openmpi/4.1.4/mpirun-version.txt')),
  },
  {
    'libraries.list': ok(''),
    'mpi.plugins': { ...ok(''), err: Buffer.from('srun: MPI types are...\nsrun: pmi2\nsrun:  none\nsrun: pmix_v3\n') },
    'mpi.srun': ok('slurm 20.11.9\n'),
    'mpi.mpirun': ok(captured('mpich/4.0.2/mpiexec-version.txt')),
  },
  { 'libraries.list': ok('libmpi.so.12\t/opt/a/libmpi.so.12\t/\n') },
];
const mpiWords = [
  ...[
    'srun: ',
    'specific pmix plugin versions available: pmix_v5,pmix_v4 \n',
    'pmix',
    'slurm',
    'Version: 4.3',
    'HYDRA build details:\n',
  ],
  ...['libmpi_cxx.so.40\t/x/y\t/x/y.1\n', 'libmpi.so.', '\t', '/', '22.05', '3.1', 'cray_shasta\n', ',', '\u00a0'],
];

const verbs = '/sys/class/infiniband';
const fabrics: readonly Case[] = [
  {
    'fabric.sys': ok(
      `n /sys/class/net\nn /sys/module\nn /sys/module/knem\nn /sys/class/cxi/cxi0\n${small({
        [`${verbs}/mlx5_0/hca_type`]: 'MT4129',
        [`${verbs}/mlx5_0/board_id`]: 'MT_0000000838',
        [`${verbs}/mlx5_0/fw_ver`]: '28.39.1002',
        [`${verbs}/mlx5_1/hca_type`]: 'MT4129',
        [`${verbs}/mlx5_1/board_id`]: 'MT_0000000838',
        [`${verbs}/mlx5_1/fw_ver`]: '28.39.1002',
        [`${verbs}/hfi1_0/device/uevent`]: 'DRIVER=hfi1',
        [`${verbs}/hfi1_0/board_id`]: 'HPE 100Gb',
        [`${verbs}/efa_0/ports/1/state`]: '4: ACTIVE',
        [`${verbs}/hfi1_1/board_id`]: 'HPE 100Gb',
        [`${verbs}/odd_0/device/uevent`]: 'DRIVER=1.0',
        [`${verbs}/odd_1/device/uevent`]: 'DRIVER=1',
        '/sys/class/cxi/cxi1/device/fru/part_number': 'P43012-001',
        '/sys/class/cxi/cxi1/device/uc/qspi_blob_version': '1.6.0.326',
        '/sys/module/ib_core/srcversion': 'ABC',
        '/sys/module/mlx5_core/version': '23.10-1.1.9',
        '/sys/module/xpmem/version': '2.7',
      })}`,
    ),
    'fabric.ucx': ok(captured('ucx/1.13.1/ucx_info-v.txt')),
    'libraries.list': mpis[0]?.['libraries.list'] ?? ok(''),
  },
  { 'fabric.sys': ok('n /sys/class/net\nn /sys/module\n'), 'libraries.list': ok('') },
  {
    'fabric.sys': ok('n /sys/module\nn /sys/class/net\n'),
    'libraries.list': ok(''),
    'fabric.ucx': ok('# UCT version=1.6.0 revision 0\n'),
  },
];
const fabricWords = [
  ...[
    'DRIVER=',
    'mlx5_0',
    'hfi1_1',
    'efa_',
    `d ${verbs}\n`,
    'd /sys/class/cxi/cxi0\n',
    `v ${verbs}/x\ty\n`,
    `n ${verbs}/a/b\n`,
  ],
  ...[`v ${verbs}/mlx5_0/device/uevent\tDRIVER=mlx5\r_core\n`, `v ${verbs}/new/device/uevent\tDRIVER=irdma\u2028x\n`],
  ...[
    'n /sys/module/efa\n',
    'v /sys/module/efa/version\t \n',
    '# Library version: 1.14.0\n',
    '# Version 1.9',
    '1.0',
    '/',
  ],
];

const nvidias = `${bus(2, '0x10de', 'nvidia')}${small({ '/sys/module/nvidia/version': '535.54.03' })}n /proc/driver/nvidia/gpus/0000:01:00.0\n`;
const gpus: readonly Case[] = [
  { 'gpu.sys': ok(busWithout), 'gpu.dev': ok('') },
  {
    'gpu.sys': ok(nvidias),
    'gpu.dev': ok('/dev/nvidia0\n/dev/nvidiactl\n'),
    'gpu.nvidia-smi': ok(nvidiaXml([{}, {}])),
  },
  {
    'gpu.sys': ok(
      `${nvidias}${bus(1, '0x1002', 'amdgpu').replaceAll('0000:01', '0000:09')}n /sys/module/amdgpu\nn /sys/bus/pci/drivers/nvidia/0000:02:00.0\n`,
    ),
    'gpu.dev': { status: 'exit=1', out: Buffer.from('/dev/kfd\n'), err: Buffer.from('find: no\n') },
    'gpu.nvidia-smi': ok(
      nvidiaXml([{ product_name: 'Tesla K80', 'mig_mode/current_mig': '' }, { product_name: 'A &amp; B  C' }], {
        driver_version: '440.33',
      }),
    ),
    'gpu.amd': ok(mi210('0000:09:00.0', { current_compute_partition: 'SPX' })),
  },
  {
    'gpu.sys': ok(
      `${bus(2, '0x1002', 'amdgpu')}${small({ '/sys/module/amdgpu/version': '6.3.6', '/sys/class/kfd/kfd/topology/nodes/1/gpu_id': '1' })}`,
    ),
    'gpu.amd': ok(`${mi210('0000:01:00.0')}${mi210('0000:02:00.0', { max_link_width: '8' })}`),
    'gpu.kfd': ok(kfd(2)),
  },
  {
    'gpu.sys': ok(
      `${bus(1, '0x10de')}${small({ '/proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  595.71.05  Release Build' })}`,
    ),
    'gpu.nvidia-smi': ok(nvidiaXml([{}], { driver_version: '595.71.05' })),
  },
];
const hiddenGpus: readonly Case[] = [
  { 'gpu.sys': ok(`${busWithout}n /proc/driver/nvidia/gpus/0000:01:00.0\n`) },
  { 'gpu.sys': ok(busWithout), 'gpu.dev': ok('/dev/nvidia0\n') },
  { 'gpu.sys': ok(`${busWithout}${small({ '/sys/class/kfd/kfd/topology/nodes/1/gpu_id': '1' })}`) },
  { 'gpu.sys': ok(`${bus(2, '0x1002', 'amdgpu')}n /sys/bus/pci/drivers/vfio-pci/0000:01:00.0\n`) },
];
const gpuWords = [
  ...[
    '<gpu id="x">',
    '</gpu>',
    '<',
    '>',
    '&amp;',
    '&lt;b&gt;',
    '<!-- < -->',
    '<?x?>',
    '<a/>',
    '<processes>',
    '</processes>',
    '[N/A]',
    '16x',
  ],
  ...[
    'Insufficient Permissions',
    'Unknown Error',
    'GPU is lost',
    'has been deprecated',
    '<max_link_gen>5</max_link_gen>',
    ' a="b"',
    '440.1',
  ],
  ...[
    '<!DOCTYPE x [ <!ELEMENT y> ]>',
    'n /sys/bus/pci/drivers/vfio-pci/0000:01:00.0\n',
    'n /proc/driver/nvidia/gpus/0000:01:00.0\n',
  ],
  ...[
    'v /sys/class/kfd/kfd/topology/nodes/2/gpu_id\t7\n',
    '/dev/nvidia3\n',
    '0x10de',
    '0x1002',
    '0x030000',
    '65536',
    '90402',
    '0',
    'domain 1',
  ],
  ...[
    'e /sys/bus/pci/drivers/amdgpu/0000:01:00.0/vbios_version\n',
    'd /sys/bus/pci/drivers/amdgpu/0000:01:00.0\n',
    'd /sys/module/amdgpu\n',
  ],
  ...[
    '<gpu>x</gpu>\n',
    '<mig_mode>\n<current_mig>Enabled</current_mig>\n</mig_mode>\n',
    '<supported_clocks>',
    '</supported_clocks>',
  ],
];

/** Sound nodes, others with something that cannot be told, what may be put among their answers, and of how many changed ones a fingerprint must still be known at least. */
export const kinds = [
  { name: 'kernel', nodes: kernels, odd: badDigests, words: kernelWords, least: 2 },
  { name: 'mpi', nodes: mpis, odd: [], words: mpiWords, least: 2 },
  { name: 'fabric', nodes: fabrics, odd: [], words: fabricWords, least: 2 },
  { name: 'gpu', nodes: gpus, odd: hiddenGpus, words: gpuWords, least: 2 },
] as const;
