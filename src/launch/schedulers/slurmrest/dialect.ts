/** Versions of Slurm's REST interface (`data_parser` plugins): which one is spoken, and in what they differ. */
import type { Answer } from '../../../base/ask.ts';
import type { Reply } from '../../scheduler.ts';
import { objectOf, readReply } from './reply.ts';

/** The versions known, the newest first: 22.05 (v0.0.38) to 26.05 (v0.0.45); the last by its OpenAPI specification alone. */
export const dialects = [
  ...(['v0.0.45', 'v0.0.44', 'v0.0.43', 'v0.0.42', 'v0.0.41', 'v0.0.40', 'v0.0.39', 'v0.0.38'] as const),
] as const;

/** A version that is known. */
export type Dialect = (typeof dialects)[number];

/** The number that counts: 38 of `v0.0.38`. */
export function numberOfDialect(dialect: Dialect): number {
  return Number(dialect.slice('v0.0.'.length));
}

/** The newest version that the server offers and that is known, from its answer to `/openapi/v3`. */
export function readDialect(answer: Answer): Reply<Dialect> {
  const reply = readReply(answer);
  if ('unanswered' in reply) return reply;
  const offered = new Set(
    Object.keys(objectOf(reply.ok.json.paths)).flatMap((path) => /^\/slurm\/(v[\d.]+)\//.exec(path)?.[1] ?? []),
  );
  const dialect = dialects.find((one) => offered.has(one));
  if (dialect) return { ok: dialect };
  const list = [...offered].sort().join(', ') || 'none';
  return { unanswered: `slurmrestd offers ${list}, and ${dialects.at(-1)} to ${dialects[0]} are known` };
}
