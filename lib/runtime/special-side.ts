/**
 * The wiring of what is known of single objects: specials, pins, weak handles, the callbacks that are due, and the profile.
 */
import { CallbackQueue } from '../gc/callback-queue.ts';
import type { HeapState } from '../heap/heap-state.ts';
import { PinnerBits } from '../heap/pinner-bits.ts';
import { ProfileBuckets, profileStateTable } from '../heap/profile.ts';
import { ProfileMisses } from '../heap/profile-misses.ts';
import type { SpanObjects } from '../heap/span-objects.ts';
import { Specials } from '../heap/specials.ts';
import { SpecialSweeper } from '../heap/sweep-specials.ts';
import { WeakHandles } from '../heap/weak-handles.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

export interface SpecialSide {
  readonly specials: Specials;
  readonly pins: PinnerBits;
  readonly weak: WeakHandles;
  readonly sweeping: SpecialSweeper;
  readonly callbacks: CallbackQueue;
  readonly profile: ProfileBuckets;
  readonly misses: ProfileMisses;
}

/** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
export function prepareSpecials(meta: MetaMemory): boolean {
  return (
    Specials.prepare(meta) &&
    WeakHandles.prepare(meta) &&
    CallbackQueue.prepare(meta) &&
    ProfileBuckets.prepare(meta)
  );
}

/**
 * @param byPages the design finds spans with specials by flags of pages
 * @param isLiving whether the thread that holds a P has not ended
 */
export function makeSpecials(
  meta: MetaMemory,
  state: HeapState,
  objects: SpanObjects,
  byPages: boolean,
  isLiving: (p: number) => boolean,
): SpecialSide {
  const specials = new Specials(meta, state, byPages);
  const pins = new PinnerBits(state, specials);
  const weak = new WeakHandles(meta, specials);
  const callbacks = new CallbackQueue(meta, specials, isLiving);
  const misses = new ProfileMisses(meta.views(profileStateTable).missed);
  const profile = new ProfileBuckets(meta, misses);
  const sweeping = new SpecialSweeper(state, objects, specials, pins, weak);
  sweeping.hooks = {
    ...sweeping.hooks,
    due: (id) => callbacks.put(id),
    isAwaited: (id) => callbacks.isAwaited(id),
    profiled: (bucket) => profile.freed(bucket),
  };
  return { specials, pins, weak, sweeping, callbacks, profile, misses };
}
