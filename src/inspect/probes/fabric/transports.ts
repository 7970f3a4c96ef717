/** What the tools of libfabric, UCX and Slingshot say: fi_info(1), ucx_info, cxi_stat(1). */
import { digestOf } from '../../../base/digest.ts';

/** Providers in the answer of `fi_info -l`: names at the start of a line, ending in a colon; sorted. */
export function fabricProviders(text: string): readonly string[] {
  const names = text.split('\n').map((line) => /^([a-z][\w;-]*):\s*$/.exec(line)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** `1.16.1` of `fi_info: 1.16.1`, `libfabric: 1.16.1`. */
export function libfabricVersion(text: string): string | undefined {
  return /^libfabric:\s*(\S+)/m.exec(text)?.[1];
}

/** One way to communicate that libfabric offers. Fabric names are left out: they carry addresses. */
export interface FabricEndpoint {
  readonly provider: string;
  readonly domain: string;
  readonly version: string;
  readonly type: string;
  readonly protocol: string;
}

/** Endpoints in the answer of `fi_info`: blocks that begin with `provider:`, keys indented below. */
export function fabricEndpoints(text: string): readonly FabricEndpoint[] {
  const found: FabricEndpoint[] = [];
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^\s*(provider|domain|version|type|protocol): (\S+)\s*$/.exec(line) ?? [];
    if (key === 'provider') found.push({ provider: value, domain: '?', version: '?', type: '?', protocol: '?' });
    const last = found.at(-1);
    if (key !== '' && key !== 'provider' && last) found[found.length - 1] = { ...last, [key]: value };
  }
  return found;
}

/** `cxi: cxi0 cxi1; tcp: eth0`: which domains each provider reaches. */
export function endpointText(endpoints: readonly FabricEndpoint[]): string {
  const providers = [...new Set(endpoints.map(({ provider }) => provider))].sort();
  const domains = (name: string): readonly string[] =>
    [...new Set(endpoints.filter(({ provider }) => provider === name).map(({ domain }) => domain))].sort();
  return providers.map((name) => `${name}: ${domains(name).join(' ')}`).join('; ');
}

/** One digest over everything the endpoints say, in any order. */
export function endpointDigest(endpoints: readonly FabricEndpoint[]): string | undefined {
  if (endpoints.length === 0) return undefined;
  const lines = endpoints.map((one) => [one.provider, one.domain, one.version, one.type, one.protocol].join(' '));
  return digestOf(`${[...new Set(lines)].sort().join('\n')}\n`);
}

/** `1.13.1` of `# Version 1.13.1`; UCX 1.6 says `# UCT version=1.6.0 revision …`. */
export function ucxVersion(text: string): string | undefined {
  const stated = text
    .split('\n')
    .map((line) => /^# (?:UCT version=|(?:Library )?[Vv]ersion:? )(\d[\w.-]*)/.exec(line)?.[1]);
  return stated.find((version) => version !== undefined);
}

/** Transports and devices in the answer of `ucx_info -d`; a transport without any device is not usable and left out. */
export function ucxResources(text: string): {
  readonly transports: readonly string[];
  readonly devices: readonly string[];
} {
  const transports = new Set<string>();
  const devices = new Set<string>();
  let transport: string | undefined;
  for (const line of text.split('\n')) {
    const [, key, value] = /^#\s+(Transport|Device): (\S+)\s*$/.exec(line) ?? [];
    if (key === 'Transport') transport = value;
    if (/^#\s*Memory domain: /.test(line)) transport = undefined;
    if (key !== 'Device' || value === undefined || transport === undefined) continue;
    transports.add(transport);
    devices.add(value);
  }
  return { transports: [...transports].sort(), devices: [...devices].sort() };
}

const cxiFields = [
  ['Description', ''],
  ['Part Number', 'part '],
  ['FW Version', 'firmware '],
  ['PCIE speed/width', 'PCIe '],
  ['Link layer retry', 'retry '],
  ['Link MTU', 'mtu '],
  ['Link speed', ''],
  ['Link state', 'link '],
] as const;

/** Adapters in the answer of `cxi_stat`, by name. Serial number, MAC and NID are left out: they are the node's own. */
export function cxiDevices(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string[]>();
  let parts: string[] | undefined;
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    const [key, value] = [line.slice(0, Math.max(colon, 0)).trim(), line.slice(colon + 1).trim()];
    if (key === 'Device' && /^\w+$/.test(value)) {
      parts = [];
      found.set(value, parts);
    }
    const field = cxiFields.find(([name]) => name === key);
    // Two releases write `16.0 GT/s PCIe x16` and `16 GT/s x16`.
    if (field && value !== '') parts?.push(`${field[1]}${value.replace(/(\d)\.0 GT/, '$1 GT').replace(' PCIe', '')}`);
  }
  return new Map([...found].map(([name, texts]) => [name, texts.join(', ')]));
}
