/**
 * A whole replay of an mtrace file, unpaced and untouched: nanoseconds an operation, with reading,
 * decompressing, parsing, resolving and V8's compiling in it. A real program's with file=…, else a made one of `lines`.
 *
 * Beside the whole two of its parts: what=replay, the operations on the heap alone, and what=resolve, which finds the
 * objects that they mean, a batch before. The rest is reading and parsing.
 */

import { Replay } from '../../lib/lab/run/replay.ts';
import { HeapTarget } from '../../lib/lab/subject/heap-target.ts';
import { forEachBatch } from '../../lib/lab/trace/reader.ts';
import { checkText, fold } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { withMadeTrace } from './made-trace.ts';

const params = caseParams({ lines: 'any', file: 'any' });

async function measure(file: string, expectedOps?: number): Promise<void> {
  const target = new HeapTarget({}, 4096);
  const replay = new Replay(target, { touch: 'none', file });
  let resolved = 0;
  let replayed = 0;
  const start = now();
  await forEachBatch(file, (batch) => {
    const begin = now();
    replay.resolve(batch);
    const middle = now();
    replay.run(batch, 0, batch.count);
    resolved += middle - begin;
    replayed += now() - middle;
  });
  const elapsed = now() - start;
  if (expectedOps !== undefined && replay.ops !== expectedOps) {
    throw new Error(`${replay.ops} operations were replayed of ${expectedOps}`);
  }
  const check = checkText(fold(0, replay.ops));
  emit({ name: 'trace-replay', params: params.all, ns: elapsed / replay.ops, check });
  const part = (what: string, ns: number): void =>
    emit({ name: 'trace-replay', params: { ...params.all, what }, ns: ns / replay.ops, check });
  part('replay', replayed);
  part('resolve', resolved);
  target.heap.dispose();
}

if ('file' in params.all) await measure(params.text('file'));
else await withMadeTrace(params.number('lines'), (file) => measure(file, params.number('lines')));
