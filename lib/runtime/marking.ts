/**
 * The wiring of marking: what finds out what lives, and what it needs of roots, barrier and work buffers.
 *
 * Not here: cycles (runtime.ts).
 */
import { ExplicitLiveness } from '../alloc/explicit-liveness.ts';
import type { MCache } from '../alloc/mcache.ts';
import type { SizeClasses } from '../alloc/size-classes.ts';
import type { Stacks } from '../alloc/stacks.ts';
import type { TracingLiveness } from '../alloc/tracing-liveness.ts';
import type { UserArenas } from '../alloc/user-arenas.ts';
import { fatal } from '../base/errors.ts';
import { Belongings } from '../gc/belongings.ts';
import { WriteBarrier } from '../gc/mark/barrier.ts';
import { CheckMark } from '../gc/mark/check-mark.ts';
import { ExplicitMarker } from '../gc/mark/explicit.ts';
import { markClassesOf } from '../gc/mark/mark-classes.ts';
import { grayTable, markTable } from '../gc/mark/mark-state.ts';
import type { Marker, RootSource } from '../gc/mark/marker.ts';
import { Shader } from '../gc/mark/shader.ts';
import { TracingMarker } from '../gc/mark/tracing.ts';
import { WorkBuffers } from '../gc/mark/work-buffers.ts';
import { Roots } from '../gc/roots.ts';
import { SpecialRoots } from '../gc/special-roots.ts';
import type { ObjectFinder } from '../heap/find-object.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MHeap } from '../heap/mheap.ts';
import type { SpanObjects } from '../heap/span-objects.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import type { HeapMemory } from './heap-memory.ts';
import type { SpanStructures } from './span-structures.ts';
import type { SpecialSide } from './special-side.ts';

/** What a heap that traces marks with. */
export interface TracingSide {
  readonly marker: TracingMarker;
  readonly roots: Roots;
  readonly barrier: WriteBarrier;
  /** What each thread holds. */
  readonly belongings: Belongings;
  /** Marks again, where that was asked for. */
  readonly checkMark: CheckMark | undefined;
}

/** What marking is wired from: objects in spans, and who allocates them. */
export interface MarkingParts extends Pick<SpanStructures, 'pointerBits'> {
  readonly memory: ObjectMemory;
  readonly objects: SpanObjects;
  readonly heap: MHeap;
  readonly mcache: MCache;
  readonly liveness: ExplicitLiveness | TracingLiveness;
  readonly classes: SizeClasses;
  readonly userArenas: UserArenas | undefined;
  readonly stacks: Stacks;
  readonly finder: ObjectFinder;
  readonly special: SpecialSide;
}

export function wireMarking(
  { meta, design, options }: HeapMemory,
  state: HeapState,
  parts: MarkingParts,
): { marker: Marker; tracing: TracingSide | undefined } {
  const { memory, pointerBits, objects, heap, mcache, liveness, userArenas, finder } = parts;
  const { specials, pins, callbacks } = parts.special;
  const classes = markClassesOf(parts.classes);
  const kept = new SpecialRoots(state, specials, pins, callbacks, classes.noscan);
  if (liveness instanceof ExplicitLiveness)
    return { marker: new ExplicitMarker(state, objects, liveness, finder, kept), tracing: undefined };
  if (pointerBits === undefined) return fatal('a heap that traces has no pointer bits');
  state.gcBits.beside(grayTable);
  const columns = meta.views(markTable);
  const { spans } = liveness;
  const deps = {
    ...{ state, objects, memory, pointerBits, liveness, columns },
    ...{ gray: meta.views(grayTable).bits, classes },
  };
  const shader = new Shader(deps);
  const barrier = new WriteBarrier({ state, objects, mcache, shader, columns, views: spans });
  callbacks.left = (address) => barrier.shade(address);
  const buffers = new WorkBuffers(heap, state.spans.columns, memory, spans.queued, columns);
  const roots = new Roots(meta, mcache, state.arenas, memory);
  const sources: RootSource[] = [roots, kept];
  if (userArenas !== undefined) sources.push(userArenas);
  const { stacks } = parts;
  const belongings = new Belongings({ roots, stacks, userArenas, barrier, callbacks });
  const bySpans = design.markOrder === 'spans';
  const marker = new TracingMarker({
    deps,
    shader,
    barrier,
    buffers,
    roots: [belongings, ...sources],
    bySpans,
  });
  const checkMark = options.checkMark ? new CheckMark(deps, sources) : undefined;
  return { marker, tracing: { marker, roots, barrier, belongings, checkMark } };
}
