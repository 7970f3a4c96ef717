/** What AMD's own tools add to sysfs: the name a card is sold under, its VBIOS, its limits. */
import { pciAddress } from './bus.ts';
import { isNotApplicable } from './kinds.ts';

/** One card as a tool describes it: what it states, in its words. */
export interface ToolCard {
  /** Undefined where the tool was not asked for it, or cannot say. */
  readonly address?: string;
  readonly model?: string;
  readonly vbios?: string;
  readonly gfx?: string;
  /** Watts. */
  readonly powerLimit?: string;
  readonly computePartition?: string;
  readonly memoryPartition?: string;
  /** Blocks of the chip whose errors are counted and repaired, `GFX SDMA UMC`. */
  readonly ras?: string;
}

function stated(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().replace(/\s+/g, ' ') : '';
  if (text === '' || isNotApplicable(text) || text.length > 200 || /[\0-\x1f\x7f\ufffd]/.test(text)) return undefined;
  return text;
}

function cardOf(fields: Readonly<Record<keyof ToolCard, string | undefined>>): ToolCard {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * Cards of `rocm-smi … --json`. Names of keys and their case differ by release (`Card series`, `Card Series`), and lines
 * of warning stand before the JSON. Undefined where there is no JSON.
 */
export function rocmSmiCards(text: string): readonly ToolCard[] | undefined {
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')];
  if (start < 0 || end < start) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(text.slice(start, end + 1));
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  return Object.entries(read).flatMap(([name, card]) => {
    if (!/^card\d+$/.test(name) || typeof card !== 'object' || card === null) return [];
    const fields = new Map(Object.entries(card).map(([key, value]) => [key.toLowerCase(), stated(value)]));
    const power = fields.get('max graphics package power (w)');
    return cardOf({
      address: pciAddress(fields.get('pci bus') ?? ''),
      // A name that the tool does not know is given as a number.
      model: [fields.get('card series'), fields.get('card model')].find((value) => value && !/^0x/.test(value)),
      vbios: fields.get('vbios version'),
      gfx: fields.get('gfx version'),
      powerLimit: power && `${power} W`,
      computePartition: fields.get('compute partition'),
      memoryPartition: fields.get('memory partition'),
      ras: undefined,
    });
  });
}

interface Section {
  readonly path: string;
  readonly value: string;
}

/** Lines `KEY: value` of one GPU with the path of the headings that they are indented under. */
function sections(lines: readonly string[]): readonly Section[] {
  const above: { depth: number; name: string }[] = [];
  return lines.flatMap((line) => {
    const match = /^( +)([A-Z][A-Z0-9_ ]*):(?: (.*))?$/.exec(line.trimEnd());
    if (!match?.[1] || !match[2]) return [];
    const depth = match[1].length;
    while (above.length > 0 && (above.at(-1)?.depth ?? 0) >= depth) above.pop();
    const path = [...above.map(({ name }) => name), match[2]].join('/');
    above.push({ depth, name: match[2] });
    return [{ path, value: match[3] ?? '' }];
  });
}

/**
 * Cards of `amd-smi static` in its form for people: the only one of which a real output could be had, and the one that
 * has kept its shape. A block of a CPU may come first.
 */
export function amdSmiCards(text: string): readonly ToolCard[] {
  const blocks = text.split(/^(?=(?:GPU|CPU): \d+)/m).filter((block) => block.startsWith('GPU: '));
  return blocks.map((block) => {
    const fields = new Map<string, string>();
    const lines = sections(block.split(/\r?\n/));
    for (const { path, value } of lines) if (!fields.has(path)) fields.set(path, value);
    const of = (path: string): string | undefined => stated(fields.get(path));
    const blocksOn = lines.flatMap(({ path, value }) =>
      path.startsWith('RAS/ECC_BLOCK_STATE/') && value === 'ENABLED' ? [path.replace(/^.*\//, '')] : [],
    );
    const hasRas = lines.some(({ path }) => path.startsWith('RAS/ECC_BLOCK_STATE/'));
    return cardOf({
      address: pciAddress(fields.get('BUS/BDF') ?? ''),
      model: of('ASIC/MARKET_NAME') ?? of('BOARD/PRODUCT_NAME'),
      vbios: of('VBIOS/VERSION') ?? of('VBIOS/PART_NUMBER') ?? of('IFWI/VERSION'),
      gfx: of('ASIC/TARGET_GRAPHICS_VERSION'),
      powerLimit: of('LIMIT/SOCKET_POWER'),
      computePartition: of('PARTITION/COMPUTE_PARTITION') ?? of('PARTITION/ACCELERATOR_PARTITION'),
      memoryPartition: of('PARTITION/MEMORY_PARTITION'),
      ras: hasRas ? blocksOn.sort().join(' ') || 'none' : undefined,
    });
  });
}
