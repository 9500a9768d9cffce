/** Meta memory with a test's own tables, given back when the test has ended. */
import { onTestFinished } from 'vitest';
import type { Capacity } from '../../lib/meta/memory-map.ts';
import { MetaMemory } from '../../lib/meta/meta-memory.ts';
import { Sys } from '../../lib/os/sys.ts';

export function metaOf(tables: readonly Capacity[], sys: Sys = new Sys({ debug: true })): MetaMemory {
  const meta = MetaMemory.create(sys, () => tables, [])!;
  onTestFinished(() => meta.release());
  return meta;
}
