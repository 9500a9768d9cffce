/**
 * Zombies: objects that are free and marked. The program has kept a reference to what was freed, and stored it where a
 * type says that there is a pointer; or a mark went astray. Reported as by the Go runtime: all objects of the span, and
 * the words of those that are zombies. Of a span with many objects some hundred, around the first zombie.
 */

import { fatal } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import { objectSize } from '../spans/span-table.ts';
import type { HeapState } from './heap-state.ts';
import { wordLines } from './object-dump.ts';
import type { SpanObjects } from './span-objects.ts';

/** Objects that are listed, and zombies whose words are shown. */
const mostObjects = 256;
const mostWritten = 4;

export interface ZombieReport {
  readonly state: Readonly<Record<string, number | string>>;
  readonly lines: readonly string[];
}

/** What is told of one, and of its span, as it is now. */
export function zombieReport(
  state: HeapState,
  objects: SpanObjects,
  memory: ObjectMemory,
  s: number,
  index: number,
): ZombieReport {
  const { spans, arenas } = state;
  const c = spans.columns;
  const base = arenas.addressOf(c.startPage[s]);
  const elemsize = objectSize(c, s);
  const freeindex = c.freeIndex[s];
  const n = c.nelems[s];
  const from = Math.max(0, Math.min(index - mostObjects / 2, n - mostObjects));
  const end = Math.min(n, from + mostObjects);
  const lines = [`marked free object in span ${hex(base)}, elemsize=${elemsize} freeindex=${freeindex}`];
  if (from > 0) lines.push(`... ${from} objects`);
  let written = 0;
  for (let i = from; i < end; i++) {
    const isAllocated = objects.isAllocated(s, i);
    const isMarked = objects.isMarked(s, i);
    const isZombie = isMarked && !isAllocated;
    const words = [
      hex(base + i * elemsize),
      isAllocated ? 'alloc' : 'free ',
      isMarked ? 'marked' : 'unmarked',
    ];
    lines.push(`${words.join(' ')}${isZombie ? ' zombie' : ''}`);
    if (isZombie && written++ < mostWritten) lines.push(...wordLines(state, memory, s, i));
  }
  if (end < n) lines.push(`... ${n - end} objects`);
  return {
    state: { object: hex(base + index * elemsize), span: hex(base), elemsize, freeindex, index },
    lines,
  };
}

export function throwZombie({ state, lines }: ZombieReport): never {
  return fatal('found pointer to free object', state, lines);
}
