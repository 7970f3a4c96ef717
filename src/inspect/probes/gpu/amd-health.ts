/** What an AMD card says of its own faults: memory errors, pages given up, a link below what it could be. */
import type { Fact } from '../../facts.ts';
import { type AmdCard, amdDriver, fileFact, filesBelow, reworded } from './amd-file.ts';

/** Uncorrected errors of all blocks since the driver was loaded: each file begins with `ue: N` (amdgpu RAS). */
export function uncorrectedErrors(card: AmdCard): Fact {
  const facts = filesBelow(card, /^ras\/\w+_err_count$/).map((file) =>
    reworded(fileFact(card, file), (value) => /^ue: (\d{1,15})$/.exec(value)?.[1]),
  );
  const odd = facts.find((fact) => 'unknown' in fact);
  if (odd || facts.length === 0) return odd ?? fileFact(card, 'ras/umc_err_count');
  const sum = facts.reduce((total, fact) => total + ('value' in fact ? Number(fact.value) : 0), 0);
  return { value: String(sum), source: `${amdDriver}/${card.address}/ras` };
}

/** Whether pages of memory are given up: the file lists them, and is empty without. */
export function badPages(card: AmdCard): Fact {
  const path = `${amdDriver}/${card.address}/ras/gpu_vram_bad_pages`;
  if (card.files.empty.includes(path)) return { value: 'none', source: path };
  return reworded(fileFact(card, 'ras/gpu_vram_bad_pages'), () => 'some');
}

/**
 * `32.0 GT/s x16`: the most, or as it is now; both parts or none, for half of it would hide a change of the other.
 * Kernels up to 5.12 add `PCIe` to the speed.
 */
export function linkFact(card: AmdCard, which: 'max' | 'current'): Fact {
  const [speed, width] = [fileFact(card, `${which}_link_speed`), fileFact(card, `${which}_link_width`)];
  if ('unknown' in speed || 'unknown' in width) return 'unknown' in speed ? speed : width;
  return { value: `${speed.value.replace(/ PCIe$/, '')} x${width.value}`, source: speed.source };
}

/** `no`, or in what the link is below the most. The width alone: the speed falls when the card sleeps. */
export function linkFault(card: AmdCard): Fact {
  const [now, most] = [fileFact(card, 'current_link_width'), fileFact(card, 'max_link_width')];
  if ('unknown' in now || 'unknown' in most) return 'unknown' in now ? now : most;
  const [width, widest] = [now.value, most.value].map((value) => (/^\d{1,3}$/.test(value) ? Number(value) : 0));
  if (!width || !widest) {
    return { unknown: 'error', why: `widths of "${now.value}" and "${most.value}"`.slice(0, 200), source: now.source };
  }
  return { value: width < widest ? `width x${width} of x${widest}` : 'no', source: now.source };
}
