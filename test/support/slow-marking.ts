/** Slow marking: each step of it looks at a few words, and each slice is one step, so that much happens in between. */
import type { Runtime } from '../../lib/runtime/runtime.ts';

/** Makes a heap that marks beside the program do so. @param words of a step */
export function markSlowly({ gc }: Runtime, words = 30): void {
  const { marker } = gc.tracing!;
  const { step } = marker;
  marker.step = (asked) => Reflect.apply(step, marker, [asked === 2 ** 30 ? asked : words]) as boolean;
}
