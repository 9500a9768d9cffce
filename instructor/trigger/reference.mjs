// The reference of exercise 11: the goals by the rule; and room between two collections by the root of what it costs.
const BASE = '{{base}}';
const MIB = 2 ** 20;
const SPEED = {{speed}} * MIB;
const PRICE = {{price}} * MIB;
const TABLES = 4 * MIB;
const { floor, max, min, sqrt } = Math;

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
  const fits = room - kept < kept ? kept : room - kept;
  return min(byPercent, max(fits, lowest));
}

export class TriggerPolicy {
  since = 0;
  live = 0;
  rate = 100 * MIB;
  seen = false;
  cycles = -1;

  pace({ now, heapMarked, heapLive, lastHeapGoal, memoryLimit, mappedReady, heapFree, heapAlloc, cycles }) {
    const collected = cycles !== this.cycles;
    const allocated = (collected ? lastHeapGoal : heapLive) - this.live;
    const time = now - this.since - (collected ? (heapMarked / SPEED) * 1e9 : 0);
    if (this.since > 0 && time > 0 && allocated > 0 && allocated < Infinity) {
      this.rate = (allocated / time) * 1e9;
      this.seen = true;
    }
    this.since = now;
    this.live = heapLive;
    this.cycles = cycles;
    const extra = max(sqrt(((heapMarked + TABLES + PRICE) * heapMarked * this.rate) / SPEED), MIB / 2);
    const best = heapMarked + extra;
    const again = heapLive + max(extra / 32, MIB / 8);
    if (memoryLimit === Infinity) return { goal: best, start: best, again };
    // A little is left of the room: what is beside the objects may grow.
    const room = heapMarked + 0.98 * (memoryLimit - max(0, mappedReady - heapFree - heapAlloc) - heapMarked);
    // Below what is needed no limit is kept; but the first rate is a guess, and no reason to pass one.
    const needed = heapMarked + (this.seen ? 1.5 * (heapMarked / SPEED) * this.rate : 0);
    const goal = max(min(best, room), min(needed, best), heapLive);
    // Who is asked just before the goal moves it: nothing starts nearer than 64 KiB.
    return { goal, start: goal, again: again < goal - MIB / 8 ? again : Infinity };
  }
}
