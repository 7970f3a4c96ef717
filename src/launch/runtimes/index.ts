/** The container runtimes, by kind. One file and one line each. */
import type { Runtime } from '../adapter.ts';
import { bubblewrap } from './bubblewrap.ts';
import { charliecloud } from './charliecloud.ts';

export const runtimes: Readonly<Record<string, Runtime>> = { bubblewrap, charliecloud };
