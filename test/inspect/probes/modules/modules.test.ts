import { describe, expect, test } from 'vitest';
import { modules } from '../../../../src/inspect/probes/modules/modules.ts';
import { read, short, small } from '../../answering.ts';

const seen = 'n /sys/module\n';
/** An ELF note of one build-id, little-endian, as /sys/module/NAME/notes/.note.gnu.build-id is. */
const note = (id: string) => Buffer.from(`040000001400000003000000474e5500${id.repeat(20)}`, 'hex');
const joined = (names: readonly string[], ids: readonly string[]) =>
  Buffer.concat([
    Buffer.from(`${names.map((name) => `/sys/module/${name}/notes/.note.gnu.build-id\n`).join('')}\n`),
    ...ids.map(note),
  ]);

describe('modules', () => {
  test('a kernel without loadable modules is no error; what is built in states its version', () => {
    const facts = read(modules, { sys: seen + small({ '/sys/module/vsock/version': '1.0' }) });
    const shown = Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, short(fact)]));
    expect(shown).toEqual({ '@loadable': 'no', '@out-of-tree': 'none', '@built-in': 'vsock 1.0' });
  });
  test('loaded modules with what they state, in words', () => {
    const facts = read(modules, {
      proc: 'mlx5_core 1 0 - Live 0x0 (OE)\nloop 1 0 - Live 0x0\nnf_nat 1 2 a,b,[permanent], Live 0xffffffffc0ab4000\n',
      sys: seen + small({ '/sys/module/mlx5_core/version': '23.10', '/sys/module/mlx5_core/taint': 'OE' }),
      notes: joined(['loop', 'mlx5_core'], ['aa', '0a']),
    });
    expect(short(facts.mlx5_core)).toBe(
      `version=23.10 build-id=${'0a'.repeat(20)} taint=OE (out-of-tree module, unsigned module)`,
    );
    expect(short(facts.loop)).toBe(`build-id=${'aa'.repeat(20)}`);
    expect(short(facts.nf_nat)).toBe('loaded');
    expect(short(facts['@out-of-tree'])).toBe('mlx5_core 23.10');
  });
  test('build-ids that are not as many as their files are not believed', () => {
    const facts = read(modules, { proc: 'loop 1 0 - Live 0x0\n', sys: seen, notes: joined(['loop', 'x'], ['aa']) });
    expect(short(facts.loop)).toBe('?error');
  });
  test('a companion that a driver loads when first used does not change the line of the fingerprint', () => {
    const state = (name: string, version: string) => ({
      [`/sys/module/${name}/version`]: version,
      [`/sys/module/${name}/taint`]: 'POE',
    });
    const line = (name: string) => `${name} 1 0 - Live 0x0 (POE)\n`;
    const of = (...names: readonly string[]) =>
      short(
        read(modules, {
          proc: names.map(line).join(''),
          sys: seen + small(Object.assign({}, ...names.map((name) => state(name, '535.54.03')))),
        })['@out-of-tree'],
      );
    expect(of('nvidia')).toBe('nvidia 535.54.03');
    expect(of('nvidia', 'nvidia_uvm')).toBe(of('nvidia'));
    expect(of('nvidia', 'xpmem')).toBe('nvidia 535.54.03; xpmem 535.54.03');
  });
  test('parameters of modules that matter, by name, and no secret among them', () => {
    const at = (name: string) => `/sys/module/nvidia/parameters/${name}`;
    const sys = `${seen}${small({ [at('b')]: 'two words', [at('a')]: '1', [at('api_key')]: 'hunter2' })}e ${at('c')}\n`;
    expect(short(read(modules, { sys })['nvidia.parameters'])).toBe('a=1 api_key=*** b="two words" c=');
  });
  test('nothing is said to be absent where /proc/modules is denied or /sys/module is not there', () => {
    expect(short(read(modules, { proc: { unknown: 'denied' }, sys: seen })['@out-of-tree'])).toBe('?denied');
    expect(short(read(modules, { sys: '' })['@out-of-tree'])).toBe('?absent');
  });
});
