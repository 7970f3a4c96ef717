/** The commands, in the order in which help lists them. */
import type { Command } from '../command.ts';
import { run } from './run.ts';

export const commands: readonly Command[] = [run];
