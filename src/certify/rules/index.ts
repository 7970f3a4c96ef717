/** Every rule of the gate, in the order in which a decision lists them. */
import type { Rule } from '../rule.ts';
import { age } from './age.ts';
import { baseline } from './baseline.ts';
import { cases } from './cases.ts';
import { identity } from './identity.ts';
import { image } from './image.ts';
import { integrity } from './integrity.ts';
import { kernel } from './kernel.ts';
import { performance } from './performance.ts';
import { platforms } from './platforms.ts';
import { readable } from './readable.ts';
import { recorded } from './recorded.ts';
import { schedulerRecord } from './scheduler-record.ts';
import { sites } from './sites.ts';
import { suites } from './suites.ts';
import { tag } from './tag.ts';

export const rules: readonly Rule[] = [
  readable,
  integrity,
  schedulerRecord,
  image,
  tag,
  platforms,
  sites,
  age,
  suites,
  cases,
  identity,
  kernel,
  recorded,
  baseline,
  performance,
];
