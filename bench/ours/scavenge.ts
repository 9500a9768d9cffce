/**
 * Releasing free memory, so much at a time: see `scavenge` in ../workload.ts.
 *
 * From finding what to release in the page heap to the system call and the accounting, without the policy
 * that decides how much and when.
 */

import { bytes, pageSize, type SpanId } from '../../lib/base/units.ts';
import { smallShape } from '../../lib/heap/span-shape.ts';
import { figures } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { quietRuntime } from './runtime.ts';

const params = caseParams({ quantum: 'any', asked: ['all', '65536'], mib: 'any', repeats: 'any' });
const quantum = params.number('quantum');
const { asked: words = `${quantum}` } = params.all;
const asked = bytes(words === 'all' ? Number.MAX_SAFE_INTEGER : Number(words));
const blocks = (params.number('mib') * 1024 * 1024) / quantum;
const repeats = params.number('repeats');

const runtime = quietRuntime();
const { heap } = runtime.alloc;
const { arenas, spans } = runtime.state;
const { sys } = runtime.memory;
const { pages } = runtime;

/** A block of the quantum's size, as one object without pointers. */
const largeBlock = smallShape(1, quantum, 1);

/** Releases until nothing is left: bytes. */
function releaseAll(): number {
  let released = 0;
  for (;;) {
    const more = pages.release(asked, true);
    if (more === 0) return released;
    released += more;
  }
}

const times: number[] = [];
for (let i = 0; i <= repeats; i++) {
  const held: SpanId[] = [];
  for (let k = 0; k < blocks; k++) {
    const span = heap.allocHeapSpan(0, quantum / pageSize, largeBlock);
    if (span === 0) throw new Error('the system has no memory for a block');
    held.push(span);
    sys.addon.benchTouch(arenas.addressOf(spans.columns.startPage[span]), quantum);
  }
  // What was free before does not belong to the measurement.
  releaseAll();
  for (let k = 0; k < blocks; k += 2) heap.freeSpan(held[k]);
  const start = now();
  const released = releaseAll();
  const elapsed = now() - start;
  if (released !== (blocks / 2) * quantum) {
    throw new Error(`${released} bytes were released of ${(blocks / 2) * quantum}`);
  }
  for (let k = 1; k < blocks; k += 2) heap.freeSpan(held[k]);
  releaseAll();
  if (i > 0) times.push((elapsed * quantum) / released);
}
emit({ name: 'scavenge', params: params.all, ...figures(times) });
runtime.dispose();
