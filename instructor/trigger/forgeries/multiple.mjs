// expect: most 58
// The arithmetic is right, limits that fit are kept, and the policy is a multiple of what lives: no rate.
const BASE = '{{base}}';
const MIB = 2 ** 20;
const { floor, max, min } = Math;

export function goalOf(heap, { minimum, headroom, least, spare }) {
  const { heapMarked, roots, gcPercent, memoryLimit, mappedReady, heapFree, heapAlloc } = heap;
  const grown = heapMarked + floor(((heapMarked + roots) * gcPercent) / 100);
  const byPercent = gcPercent < 0 ? Infinity : max(grown, floor((minimum * gcPercent) / 100));
  if (memoryLimit === Infinity) return byPercent;
  const over = max(0, mappedReady - memoryLimit);
  const beside = max(0, mappedReady - heapFree - heapAlloc) + over;
  const room = memoryLimit - beside;
  const of = BASE === 'marked' ? heapMarked : BASE === 'scanned' ? heapMarked + roots : memoryLimit;
  const lowest = heapMarked + floor(of / 100) * spare;
  if (room <= 0) return min(byPercent, lowest);
  const kept = max(floor(room / 100) * headroom, least);
  return min(byPercent, max(room - kept < kept ? kept : room - kept, lowest));
}

export class TriggerPolicy {
  pace({ heapMarked, memoryLimit, mappedReady, heapFree, heapAlloc }) {
    const room = 0.98 * (memoryLimit - max(0, mappedReady - heapFree - heapAlloc));
    return max(min(2 * heapMarked, room), 1.2 * heapMarked);
  }
}
