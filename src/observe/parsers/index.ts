/** The parsers there are. Adding a kind is a file, a line here and a test. */
import type { Parser } from '../parser.ts';
import { hpcc } from './hpcc.ts';
import { keyvalue } from './keyvalue.ts';
import { lammps } from './lammps/lammps.ts';
import { regex } from './regex/regex.ts';

/** Every kind of parser. */
export const parsers: readonly Parser[] = [keyvalue, regex, lammps, hpcc];
