/** A blob's bytes over HTTP; a connection that drops midway is taken up again where it broke. */
import { messageOf } from '../../base/error.ts';
import type { System } from '../../system/system.ts';
import type { Descriptor } from '../descriptor.ts';
import { notFound, unreachable } from '../errors.ts';
import { failureOf } from './retry.ts';
import { discard, type Session } from './session.ts';

/** Connections used for one blob, and how many in a row may bring nothing. */
const mostOpenings = 50;
const mostIdle = 5;

/** Which repository the blob is in. */
export interface BlobPlace {
  readonly path: string;
  readonly name: string;
  readonly pull: readonly string[];
}

/** Opens a blob, so that "not there" is an error at once; the bytes are unchecked. */
export async function downloadBlob(
  system: System,
  session: Session,
  place: BlobPlace,
  descriptor: Descriptor,
): Promise<AsyncIterable<Uint8Array>> {
  const first = await openAt(session, place, descriptor, 0);
  return pieces(system, session, place, descriptor, first);
}

async function openAt(
  session: Session,
  place: BlobPlace,
  { digest }: Descriptor,
  offset: number,
): Promise<AsyncIterable<Uint8Array>> {
  const purpose = `read ${digest} of ${place.name}`;
  const answer = await session.send({
    method: 'GET',
    target: `/v2/${place.path}/blobs/${digest}`,
    scopes: place.pull,
    ...(offset > 0 && { headers: { range: `bytes=${offset}-` } }),
    purpose,
  });
  if (answer.status === 404) {
    await discard(answer);
    throw notFound(`${place.name} does not have ${digest}`, 'the image there is incomplete: push it anew');
  }
  if (answer.status === 200) return offset === 0 ? answer.body : from(answer.body, offset);
  const begins = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
  if (answer.status === 206 && Number(begins) === offset) return answer.body;
  throw await session.refusal(answer, purpose);
}

/** A server that ignores Range gives all again; what is here already is passed over. */
async function* from(bytes: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for await (const piece of bytes) {
    if (skip >= piece.length) {
      skip -= piece.length;
      continue;
    }
    yield piece.subarray(skip);
    skip = 0;
  }
}

async function* pieces(
  system: System,
  session: Session,
  place: BlobPlace,
  descriptor: Descriptor,
  first: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = first;
  let length = 0;
  let idle = 0;
  for (let openings = 1; ; openings += 1) {
    const before = length;
    try {
      for await (const piece of bytes) {
        length += piece.length;
        yield piece;
      }
      // A body that ends early without an error is left to the check of its length.
      return;
    } catch (error) {
      if (failureOf(error) !== 'passing') throw error;
      idle = length > before ? 0 : idle + 1;
      if (idle >= mostIdle || openings >= mostOpenings)
        throw unreachable(
          `${session.registry}: ${descriptor.digest} of ${place.name} breaks off after ${length} of ${descriptor.size} bytes: ${messageOf(error)} (${openings} connections)`,
          'check the network to the registry, then run again: what was complete is kept',
          { cause: error },
        );
      await system.clock.sleep(0.5 * 2 ** idle);
      if (length >= descriptor.size) return;
      bytes = await openAt(session, place, descriptor, length);
    }
  }
}
