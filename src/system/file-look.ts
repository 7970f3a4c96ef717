/** Looks at thousands of files at a time, in threads of their own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A file to look at. */
export interface WantedLook {
  readonly path: string;
  /** The stamp of an earlier look: while it stands, the content is not read again. */
  readonly stamp?: string;
  /** Bytes: a larger file is not read, and told as `unread` with the code EFBIG. */
  readonly most?: number;
}

/** What a file was when it was looked at. Links are read, never followed. */
export interface FileLook {
  readonly path: string;
  /** `unread`: the file system refused, or it is too large, with `code` and `message`. */
  readonly kind: 'file' | 'directory' | 'link' | 'other' | 'unread';
  /** The twelve bits of rights. */
  readonly mode: number;
  /** Bytes of a regular file, else 0. */
  readonly size: number;
  /** Of a regular file: when its content was last changed, in ms since 1970. */
  readonly modified?: number;
  /** Of a regular file: device, inode, size, and the times of its last changes, of which nobody but root can set the inode's (inode(7)). */
  readonly stamp?: string;
  /** Of a regular file whose stamp was not the known one: its content's, in hex. */
  readonly sha256?: string;
  readonly target?: string;
  readonly code?: string;
  readonly message?: string;
}

/** As many as libuv has for files: enough to keep a network file system busy. */
const threads = 4;
/** Files that a thread takes at a time. */
const batch = 64;

/** Threads that wait for work; they do not keep the process alive. Starting one takes longer than looking at a hundred files. */
const waiting: Worker[] = [];

interface Answer {
  readonly worker: Worker;
  readonly looks: readonly FileLook[];
}

function ask(items: readonly WantedLook[]): { readonly worker: Worker; readonly answer: Promise<Answer> } {
  const worker = waiting.pop() ?? new Worker(new URL('./file-look-worker.js', import.meta.url));
  worker.ref();
  const answer = once(worker, 'message').then(([looks]) => ({ worker, looks: looks as readonly FileLook[] }));
  // A thread that fails is told when its answer is taken, not before.
  answer.catch(() => {});
  worker.postMessage(items);
  return { worker, answer };
}

/** Looks at files; their order is not kept. */
export async function* lookAtFiles(wanted: AsyncIterable<WantedLook>): AsyncGenerator<FileLook> {
  const busy = new Map<Worker, Promise<Answer>>();
  const give = (items: readonly WantedLook[]): void => {
    const { worker, answer } = ask(items);
    busy.set(worker, answer);
  };
  const take = async (): Promise<readonly FileLook[]> => {
    const { worker, looks } = await Promise.race(busy.values());
    busy.delete(worker);
    worker.unref();
    waiting.push(worker);
    return looks;
  };
  try {
    let items: WantedLook[] = [];
    for await (const one of wanted) {
      items.push(one);
      if (items.length < batch) continue;
      if (busy.size >= threads) yield* await take();
      give(items);
      items = [];
    }
    if (items.length > 0) give(items);
    while (busy.size > 0) yield* await take();
  } finally {
    // Left by whoever stopped listening, or by a failure: their answers belong to nobody.
    await Promise.all([...busy.keys()].map((worker) => worker.terminate()));
  }
}
