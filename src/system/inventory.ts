/** The machine's inventory: the one import site of systeminformation, loaded only when used. */

/** What the machine is made of, as text by name; an empty text is not known. No serial numbers, no addresses. */
export type Inventory = Readonly<Record<string, string>>;

/** Seconds until the inventory is given up: the library runs tools of the host, and one of them may hang. */
const limitSeconds = 20;

function joined(...words: readonly (string | number | undefined)[]): string {
  return words.filter((word) => word !== undefined && word !== '' && word !== 0).join(' ');
}

/** Reads processor, memory, operating system and disks. What does not answer in time is left empty. */
export async function machineInventory(): Promise<Inventory> {
  const si = await import('systeminformation');
  const [cpu, memory, os, disks] = await Promise.all([
    limited(si.cpu()),
    limited(si.mem()),
    limited(si.osInfo()),
    limited(si.diskLayout()),
  ]);
  const layout = (disks ?? []).map((disk) => joined(disk.type, disk.interfaceType, disk.vendor, disk.name, disk.size));
  return {
    processor: cpu ? joined(cpu.manufacturer, cpu.brand) : '',
    'processor-cores': cpu ? joined(cpu.physicalCores) : '',
    'processor-threads': cpu ? joined(cpu.cores) : '',
    'memory-bytes': memory ? String(memory.total) : '',
    os: os ? joined(os.distro, os.release) : '',
    architecture: os?.arch ?? '',
    disks: layout.sort().join('; '),
  };
}

/** The value, or undefined when it failed or did not come in time. */
async function limited<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitSeconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
