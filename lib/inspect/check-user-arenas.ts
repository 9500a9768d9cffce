/**
 * The check of user arenas: each chunk in use has one arena or lives on without; each that was freed waits for a sweep, or
 * for an arena; and they are counted.
 */
import { fatal } from '../base/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanState, spanUse } from '../spans/span-table.ts';
import { chunkState } from '../spans/user-space.ts';

export function checkUserArenas({ alloc, state: heap }: Runtime): void {
  const { userArenas } = alloc;
  if (userArenas === undefined) return;
  const { space } = userArenas.chunks;
  if (space.state.ready[0] === 0) return;
  const c = heap.spans.columns;
  const { span, front, back, next } = space.rows();
  const { chunkStates: state } = space;
  const waiting = new Set<number>();
  for (let chunk = space.state.free[0]; chunk !== 0; chunk = next[chunk - 1]) {
    if (waiting.has(chunk)) fatal('a chunk waits twice', { chunk });
    waiting.add(chunk);
  }
  const held = new Set<number>();
  userArenas.eachChunk((chunk) => {
    if (held.has(chunk)) fatal('a chunk has two arenas', { chunk });
    if (state[chunk - 1] !== chunkState.inUse) fatal('an arena has a chunk that is not in use', { chunk });
    held.add(chunk);
  });
  let quarantined = 0;
  let released = 0;
  let dirty = 0;
  for (let chunk = 1; chunk <= state.length; chunk++) {
    const i = chunk - 1;
    if (state[i] === chunkState.none) continue;
    if (state[i] === chunkState.released) released += space.chunkBytes;
    if (state[i] === chunkState.dirty) dirty += space.chunkBytes;
    const s = span[i];
    const isInUse = s !== 0 && c.state[s] === spanState.inUse;
    if (s !== 0 && heap.arenas.addressOf(c.startPage[s]) !== space.addressOf(chunk))
      fatal('a chunk has the span of other pages', { chunk, span: s });
    if (waiting.has(chunk) === isInUse)
      fatal('a chunk neither waits nor is in use', { chunk, state: state[i], span: s });
    if (s !== 0 && !isInUse && c.state[s] !== spanState.faulted)
      fatal('a chunk that waits has a span that does not', { chunk, span: s, state: c.state[s] });
    if (state[i] === chunkState.inUse) {
      if (!isInUse || c.use[s] !== spanUse.userArena) fatal('a chunk in use has no span', { chunk, span: s });
      if (front[i] < 0 || front[i] > back[i] || back[i] > space.chunkBytes)
        fatal('a chunk is filled beyond its end', { chunk, front: front[i], back: back[i] });
    } else if (isInUse) {
      if (c.use[s] !== spanUse.freedArena)
        fatal('a chunk that was freed has a living span', { chunk, span: s });
      quarantined += space.chunkBytes;
    }
  }
  if (quarantined !== space.state.quarantined[0])
    fatal('chunks in quarantine are miscounted', { quarantined, counted: space.state.quarantined[0] });
  if (released !== space.state.released[0] || dirty !== space.state.dirty[0])
    fatal('chunks that are still mapped are miscounted', { released, dirty });
}
