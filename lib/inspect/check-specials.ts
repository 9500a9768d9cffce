/**
 * The check of specials: lists in order, each of an object in use, no kind twice where it may stand once; the notes of
 * spans and the bits of pages say what there is; pinned objects and their counters; weak handles lead to their objects,
 * and there is none besides; what waits in queues is of no list; and nothing is lost.
 */
import { fatal } from '../base/errors.ts';
import { pinnerWords } from '../heap/pinner-bits.ts';
import { spanNote, specialKind } from '../heap/specials.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { objectSize, spanState } from '../spans/span-table.ts';

export function checkSpecials(runtime: Runtime): void {
  const { state, special } = runtime;
  const c = state.spans.columns;
  const { first, notes, pinnerBits } = special.specials.spans;
  let count = 0;
  const found = { weak: 0 };
  for (let s = 1; s < state.spans.end; s++) {
    const has = (first[s] === 0 ? 0 : spanNote.specials) | (pinnerBits[s] === 0 ? 0 : spanNote.pins);
    if (notes[s] !== has) fatal('the note of a span is wrong', { span: s, notes: notes[s], has });
    const isInUse = c.state[s] === spanState.inUse;
    if (has !== 0 && !isInUse)
      fatal('a span that is not in use has specials', { span: s, state: c.state[s] });
    if (isInUse) {
      const isNoted = special.specials.isNotedPage(c.startPage[s]);
      if (isNoted !== undefined && isNoted !== (has !== 0))
        fatal('the bit of a page is wrong about specials', { span: s, has });
    }
    count += checkList(runtime, s, found);
    special.pins.eachPinned(s, (index) => {
      if (!runtime.spans.objects.isAllocated(s, index)) fatal('a free object is pinned', { span: s, index });
    });
  }
  special.callbacks.each((id) => {
    count++;
    if (special.specials.rows().kind[id] < 64) fatal('a special waits that was not queued', { special: id });
  });
  if (count !== special.specials.live)
    fatal('specials are lost', { found: count, live: special.specials.live });
  if (found.weak !== special.weak.live)
    fatal('weak handles are lost', { found: found.weak, live: special.weak.live });
}

/** The specials of a span. How many there are. @param found what is counted of them */
function checkList({ state, spans, special }: Runtime, s: number, found: { weak: number }): number {
  const { spans: lists } = special.specials;
  const { next, address, kind, value } = special.specials.rows();
  const c = state.spans.columns;
  const start = state.arenas.addressOf(c.startPage[s]);
  const size = objectSize(c, s);
  let count = 0;
  let before = 0;
  for (let id = lists.first[s]; id !== 0; before = id, id = next[id]) {
    count++;
    const at = { span: s, special: id, kind: kind[id], address: address[id] };
    if (kind[id] < specialKind.finalizer || kind[id] > specialKind.cleanup)
      fatal('a special has no kind that stands with a span', at);
    const order = before === 0 ? 1 : address[id] - address[before] || kind[id] - kind[before];
    if (order < 0 || (order === 0 && kind[id] !== specialKind.cleanup))
      fatal('specials are out of order, or one stands twice', at);
    const index = Math.floor((address[id] - start) / size);
    if (!(index >= 0 && index < c.nelems[s]) || !spans.objects.isAllocated(s, index))
      fatal('a special is of no object in use', at);
    if (kind[id] === specialKind.weak) {
      if (special.weak.addressOf(value[id]) !== address[id])
        fatal('a weak handle does not lead to its object', { ...at, handle: value[id] });
      found.weak++;
    }
    if (kind[id] === specialKind.pinCounter && !special.pins.isPinned(s, index))
      fatal('an object has a pin counter and is not pinned', at);
    if (kind[id] === specialKind.probe) fatal('a probe was left behind', at);
  }
  if (!special.specials.isIndexRight(s))
    fatal('the index of specials is wrong', { span: s, index: lists.index[s] });
  return count;
}

/** 32-bit words that the pinner bits of a span have. */
export const pinnerWordsOf = ({ state, special }: Runtime, s: number): number =>
  special.specials.spans.pinnerBits[s] === 0 ? 0 : pinnerWords(state.spans.columns.nelems[s]);
