/** Small ELF files made byte by byte, for tests: one PT_LOAD over the whole file, loaded at an address of its own. */

export interface ElfPlan {
  readonly bits?: 32 | 64;
  readonly byteOrder?: 'little' | 'big';
  readonly machine?: number;
  /** 2 = executable, 3 = shared. */
  readonly type?: number;
  readonly interpreter?: string;
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  /** Symbols defined, with the text each stands for. */
  readonly defines?: Readonly<Record<string, string>>;
  readonly imports?: readonly string[];
  readonly versionsNeeded?: Readonly<Record<string, readonly string[]>>;
  readonly versionsDefined?: readonly string[];
  /** How the number of symbols can be told. */
  readonly hash?: 'sysv' | 'gnu' | 'sections' | 'none';
  /** Bytes of a PT_NOTE segment, aligned to 8. */
  readonly notes?: Uint8Array;
  /** Bytes put at the end, loaded too. */
  readonly text?: string;
}

const base = 0x400000;

/** The bytes of such a file. */
export function makeElf(plan: ElfPlan = {}): Uint8Array {
  const bits = plan.bits ?? 64;
  const little = (plan.byteOrder ?? 'little') === 'little';
  const wide = bits === 64;
  const hash = plan.hash ?? 'gnu';
  const parts: Buffer[] = [];
  let offset = 0;
  const put = (bytes: Buffer): number => {
    const padding = (8 - (offset % 8)) % 8;
    parts.push(Buffer.alloc(padding), bytes);
    const at = offset + padding;
    offset = at + bytes.length;
    return at;
  };
  const u16 = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 2);
    for (const [i, v] of values.entries()) little ? bytes.writeUInt16LE(v, i * 2) : bytes.writeUInt16BE(v, i * 2);
    return bytes;
  };
  const u32 = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [i, v] of values.entries()) little ? bytes.writeUInt32LE(v, i * 4) : bytes.writeUInt32BE(v, i * 4);
    return bytes;
  };
  const word = (...values: number[]): Buffer => {
    if (!wide) return u32(...values);
    const bytes = Buffer.alloc(values.length * 8);
    for (const [i, v] of values.entries())
      little ? bytes.writeBigUInt64LE(BigInt(v), i * 8) : bytes.writeBigUInt64BE(BigInt(v), i * 8);
    return bytes;
  };
  let strings = Buffer.from([0]);
  const string = (text: string): number => {
    const at = strings.length;
    strings = Buffer.concat([strings, Buffer.from(`${text}\0`)]);
    return at;
  };

  const headerSize = wide ? 64 : 52;
  const programSize = wide ? 56 : 32;
  const programs = plan.notes ? 4 : 3;
  offset = headerSize + programs * programSize;
  const interpreter = plan.interpreter === undefined ? undefined : put(Buffer.from(`${plan.interpreter}\0`));
  const data = Object.entries(plan.defines ?? {}).map(([name, text]) => {
    const bytes = Buffer.from(`${text}\0`);
    return { name: string(name), at: put(bytes), size: bytes.length };
  });
  const symbol = (name: number, value: number, size: number, section: number): Buffer =>
    wide
      ? Buffer.concat([u32(name), Buffer.from([0x11, 0]), u16(section), word(value, size)])
      : Buffer.concat([u32(name, value, size), Buffer.from([0x11, 0]), u16(section)]);
  const imports = (plan.imports ?? []).map((name) => symbol(string(name), 0, 0, 0));
  const symbols = [symbol(0, 0, 0, 0), ...imports, ...data.map((d) => symbol(d.name, base + d.at, d.size, 1))];
  const symtab = put(Buffer.concat(symbols));
  const first = 1 + imports.length;
  const tags: [number, number][] = [];
  if (hash === 'sysv') tags.push([4, base + put(u32(1, symbols.length, 0, ...symbols.map(() => 0)))]);
  if (hash === 'gnu') {
    const head = [u32(1, first, 1, 0), word(0), u32(data.length > 0 ? first : 0)];
    const chain = u32(...data.map((_, index) => (index === data.length - 1 ? 3 : 2)));
    tags.push([0x6ffffef5, base + put(Buffer.concat([...head, chain]))]);
  }
  const versions = Object.entries(plan.versionsNeeded ?? {});
  if (versions.length > 0) {
    const records = versions.map(([file, names], index) => {
      const aux = names.map((name, i) =>
        Buffer.concat([u32(0), u16(0, i + 2), u32(string(name), i === names.length - 1 ? 0 : 16)]),
      );
      const next = index === versions.length - 1 ? 0 : 16 + 16 * names.length;
      return Buffer.concat([u16(1, names.length), u32(string(file), 16, next), ...aux]);
    });
    tags.push([0x6ffffffe, base + put(Buffer.concat(records))], [0x6fffffff, versions.length]);
  }
  const defined = plan.versionsDefined ?? [];
  if (defined.length > 0) {
    const all = [plan.soname ?? 'base', ...defined];
    const records = all.map((name, index) =>
      Buffer.concat([
        u16(1, index === 0 ? 1 : 0, index + 1, 1),
        u32(0, 20, index === all.length - 1 ? 0 : 28),
        u32(string(name), 0),
      ]),
    );
    tags.push([0x6ffffffc, base + put(Buffer.concat(records))], [0x6ffffffd, all.length]);
  }
  for (const name of plan.needed ?? []) tags.push([1, string(name)]);
  if (plan.soname !== undefined) tags.push([14, string(plan.soname)]);
  if (plan.rpath !== undefined) tags.push([15, string(plan.rpath)]);
  if (plan.runpath !== undefined) tags.push([29, string(plan.runpath)]);
  const strtab = put(strings);
  tags.push([5, base + strtab], [10, strings.length], [6, base + symtab], [11, wide ? 24 : 16], [0, 0]);
  const dynamicBytes = Buffer.concat(tags.map(([tag, value]) => word(tag, value)));
  const dynamic = put(dynamicBytes);
  const notes = plan.notes ? put(Buffer.from(plan.notes)) : 0;
  if (plan.text !== undefined) put(Buffer.from(plan.text, 'latin1'));
  const sections = hash === 'sections' ? 2 : 0;
  const symtabSize = Buffer.concat(symbols).length;
  const section = (type: number, at: number, size: number): Buffer =>
    Buffer.concat([u32(0, type), word(0, 0, at, size), u32(0, 0), word(8, 0)]);
  const sectionTable = sections > 0 ? put(Buffer.concat([section(0, 0, 0), section(11, symtab, symtabSize)])) : 0;

  const header = Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    u16(plan.type ?? 3, plan.machine ?? 62),
    u32(1),
    word(0, headerSize, sectionTable),
    u32(0),
    u16(headerSize, programSize, programs, wide ? 64 : 40, sections, 0),
  ]);
  const program = (type: number, at: number, size: number): Buffer =>
    wide
      ? Buffer.concat([u32(type, 4), word(at, base + at, base + at, size, size, 8)])
      : u32(type, at, base + at, base + at, size, size, 4, 8);
  const interpreterSize = plan.interpreter === undefined ? 0 : Buffer.byteLength(plan.interpreter) + 1;
  return Buffer.concat([
    header,
    program(1, 0, offset),
    program(interpreter === undefined ? 0 : 3, interpreter ?? 0, interpreterSize),
    program(2, dynamic, dynamicBytes.length),
    ...(plan.notes ? [program(4, notes, plan.notes.length)] : []),
    ...parts,
  ]);
}
