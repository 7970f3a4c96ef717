/** AMD's compute nodes as KFD describes them (amdgpu's kfd_topology.c): one per card, or per partition of a card. */

/** One compute node. */
export interface KfdNode {
  /** Number of the node in the topology. */
  readonly node: number;
  readonly properties: ReadonlyMap<string, string>;
}

/** What is asked of each node's `properties`. `unique_id` and the like are not asked for: sysfs has them. */
export const kfdProperties: readonly string[] = [
  ...['simd_count', 'simd_per_cu', 'gfx_target_version', 'location_id', 'domain', 'io_links_count', 'num_xcc'],
  ...['max_engine_clk_fcompute', 'vendor_id', 'device_id'],
];

/**
 * Nodes in the lines `PATH:NAME VALUE` of `find … -exec grep -H`, in their order. CPUs are nodes too, and have no SIMD
 * units: they are left out.
 */
export function kfdNodes(text: string): readonly KfdNode[] {
  const nodes = new Map<number, Map<string, string>>();
  for (const line of text.split('\n')) {
    const match = /\/nodes\/(\d{1,5})\/properties:(\w+) (\d+)\s*$/.exec(line);
    if (!match?.[1] || !match[2] || !match[3]) continue;
    const node = nodes.get(Number(match[1])) ?? new Map<string, string>();
    node.set(match[2], match[3]);
    nodes.set(Number(match[1]), node);
  }
  return [...nodes]
    .sort(([a], [b]) => a - b)
    .map(([node, properties]) => ({ node, properties }))
    .filter(({ properties }) => Number(properties.get('simd_count') ?? 0) > 0);
}

/**
 * `gfx942` of 90402: major version, minor and stepping in two decimal digits each, the last two written in hex
 * (ROCr, Isa names). Undefined where the kernel does not state it (before 5.10) or states 0.
 */
export function gfxTarget(node: KfdNode): string | undefined {
  const version = Number(node.properties.get('gfx_target_version') ?? 0);
  if (!(version >= 10_000 && version < 1_000_000)) return undefined;
  const [minor, stepping] = [Math.floor(version / 100) % 100, version % 100];
  return `gfx${Math.floor(version / 10_000)}${minor.toString(16)}${stepping.toString(16)}`;
}

/** `0000:a3:00` of the location (bus, device and function in 16 bits) and domain; a partition counts as a function. */
export function kfdSlot(node: KfdNode): string | undefined {
  const [location, domain] = [node.properties.get('location_id'), node.properties.get('domain') ?? '0'];
  if (location === undefined || Number(location) > 0xffff || Number(domain) > 0xffffffff) return undefined;
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const [bus, device] = [Number(location) >> 8, (Number(location) >> 3) & 0x1f];
  return `${hex(Number(domain), 4)}:${hex(bus, 2)}:${hex(device, 2)}`;
}

/** Compute units: SIMD units by how many make one. */
export function computeUnits(node: KfdNode): string | undefined {
  const [simd, per] = [Number(node.properties.get('simd_count')), Number(node.properties.get('simd_per_cu'))];
  return per > 0 && Number.isInteger(simd / per) ? String(simd / per) : undefined;
}
