/**
 * Starting a heap: see `start` in ../workload.ts.
 *
 * It uses the public face of the package alone, and `face=URL` says whose: so this one script also measures a
 * commit that has no such entry.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Heap as AnyHeap } from '../../lib/api/index.ts';
import { figures } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';

const params = caseParams({ repeats: 'any', processes: 'any', face: 'any', once: 'any' });
const { face: given, once, ...shown } = params.all;
const face = given ?? new URL('../../lib/api/index.js', import.meta.url).href;
const begin = now();
const { Heap } = (await import(face)) as { Heap: typeof AnyHeap };

function startOne(): void {
  const heap = new Heap();
  heap.malloc(64);
  heap.dispose();
}

if (once !== undefined) {
  startOne();
  process.stdout.write(`${now() - begin}\n`);
} else {
  const times: number[] = [];
  const repeats = params.number('repeats');
  // V8 compiles during the first third.
  for (let i = -Math.floor(repeats / 3); i < repeats; i++) {
    const start = now();
    startOne();
    if (i >= 0) times.push(now() - start);
  }
  emit({ name: 'start', params: { ...shown, what: 'again' }, ...figures(times) });

  const first: number[] = [];
  for (let i = 0; i < params.number('processes'); i++) {
    const done = spawnSync(process.execPath, [fileURLToPath(import.meta.url), `face=${face}`, 'once=1'], {
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(`a process that starts one heap failed: ${done.stderr}`);
    first.push(Number(done.stdout));
  }
  emit({ name: 'start', params: { ...shown, what: 'first' }, ...figures(first) });
}
