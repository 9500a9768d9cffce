/**
 * A page trace as the drive of a run: its pages are allocated from the heap's page heap, and freed, as in the record.
 *
 * Addresses are the heap's own: where a page heap puts what it is asked for is what one wants to see. What is given back
 * is the record's business (`recorded`: as many pages as there were, at that moment, by the heap's own choice of which) or
 * the heap's scavenger's (`own`).
 *
 * The pages are those of manual spans, which no collection touches. The heap counts them as stacks; in the samples of the run they are
 * in use.
 */
import { PageHeapError } from '../../base/errors.ts';
import { pageSize } from '../../base/units.ts';
import { pageEvent } from '../../heap/page-trace.ts';
import type { RunValue } from '../record/lines.ts';
import type { Releases } from '../subject/subject-options.ts';
import { traceName } from '../subject/subject-request.ts';
import type { LabHeap } from '../subject/target.ts';
import { type PageEventsOfFile, readPageEvents } from '../trace/page-events.ts';
import type { Drive, DriveHost } from './drive.ts';
import { gateOf, idle, systemTurns, type Turns, turnMs } from './pacing.ts';
import type { ResolvedRunOptions } from './run-options.ts';

/** What a heap must do to be driven by pages. */
type PagedHeap = LabHeap & Required<Pick<LabHeap, 'allocPages' | 'freePages' | 'releasePages'>>;

/** Events between looks at the clock. */
const stride = 64;
/** A trace of so few events may be over between two beats: it is looked at after each. */
const few = 256;

export class PageTraceDrive implements Drive {
  readonly header: Readonly<Record<string, RunValue>>;
  ops = 0;
  seconds = 0;
  liveBytes = 0;
  peakLiveBytes = 0;
  idle = { asked: 0, took: 0 };
  readonly #events: PageEventsOfFile;
  readonly #resolved: ResolvedRunOptions;
  readonly #releases: Releases;
  readonly #turns: Turns;
  /** By the recorded address: ours, and pages. */
  readonly #live = new Map<number, { readonly address: number; readonly npages: number }>();
  #allocs = 0;
  #frees = 0;
  #released = 0;
  /** Pages that the record gave back and this heap did not; below 0: the other way round. */
  #owed = 0;
  #unknownFrees = 0;
  #lostFrees = 0;
  #isClosed = false;

  constructor(
    path: string,
    events: PageEventsOfFile,
    resolved: ResolvedRunOptions,
    turns: Turns = systemTurns,
  ) {
    this.#events = events;
    this.#resolved = resolved;
    this.#releases = resolved.releases ?? 'recorded';
    this.#turns = turns;
    this.header = {
      trace: { name: traceName(path), ops: events.count, pages: true, releases: this.#releases },
    };
  }

  /** Reads a page trace. @throws PageHeapError ERR_FILE · ERR_TRACE */
  static async open(
    path: string,
    resolved: ResolvedRunOptions,
    turns: Turns | undefined,
  ): Promise<PageTraceDrive> {
    return new PageTraceDrive(path, await readPageEvents(path, resolved.strict), resolved, turns);
  }

  get totalOps(): number {
    return this.#events.count;
  }

  get stackBytes(): number {
    return this.liveBytes;
  }

  get liveObjects(): number {
    return this.#live.size;
  }

  async run(host: DriveHost): Promise<void> {
    const { heap } = host;
    if (heap.allocPages === undefined)
      throw new PageHeapError('ERR_INVALID_OPTION', 'a page trace needs a heap of this package');
    const begin = this.#turns.now();
    host.progress('replay', 0);
    try {
      await this.#replay(host, heap as PagedHeap, begin);
    } finally {
      this.seconds = Math.max(0, (this.#turns.now() - begin) / 1000);
    }
    if (host.stopped()) return;
    host.progress('replay', 1);
    host.sample();
    host.map('end of replay');
    await this.#idle(host);
  }

  counts(): Readonly<Record<string, RunValue>> {
    return {
      ...this.#events.faults,
      ...{ format: 'pagetrace', lines: this.#events.count, allocs: this.#allocs, frees: this.#frees },
      ...{ releases: this.#released, unknownFrees: this.#unknownFrees, lostFrees: this.#lostFrees },
    };
  }

  close(): void {
    this.#isClosed = true;
  }

  async #replay(host: DriveHost, heap: PagedHeap, begin: number): Promise<void> {
    const { count, times } = this.#events;
    const length = count === 0 ? 0 : times[count - 1];
    const perNs = length === 0 ? 0 : (this.#resolved.seconds * 1000) / length;
    let lastTurn = begin;
    const stopped = (): boolean => host.stopped() || this.#isClosed;
    const gate = gateOf(this.#turns);
    for (let i = 0; i < count; ) {
      const now = this.#turns.now();
      const room = gate.room();
      const byStep = room < Number.POSITIVE_INFINITY;
      const ahead = byStep ? 0 : begin + times[i] * perNs - now;
      if (room === 0 || ahead > 0 || now - lastTurn >= turnMs) {
        heap.step();
        host.progress('replay', i / count);
        if (ahead > 0) await this.#turns.sleep(Math.min(turnMs, ahead));
        else await this.#turns.turn();
        lastTurn = this.#turns.now();
        if (stopped()) return;
        continue;
      }
      const from = i;
      const to = Math.min(count, i + (byStep ? 1 : stride));
      do {
        this.#carryOut(heap, i++);
        if (count <= few) host.sample();
      } while (i < to && begin + times[i] * perNs <= now);
      gate.took(i - from);
    }
  }

  #carryOut(heap: PagedHeap, i: number): void {
    const { kinds, bases, pages } = this.#events;
    const base = bases[i];
    this.ops++;
    switch (kinds[i]) {
      case pageEvent.allocated: {
        // Its free is not in the trace.
        if (this.#live.has(base)) {
          this.#lostFrees++;
          this.#free(heap, base);
        }
        const address = heap.allocPages(pages[i]);
        this.#live.set(base, { address, npages: pages[i] });
        this.#allocs++;
        this.liveBytes += pages[i] * pageSize;
        this.peakLiveBytes = Math.max(this.peakLiveBytes, this.liveBytes);
        const { touch } = this.#resolved;
        if (touch !== 'none') heap.touchPages(address, 0, pages[i] * pageSize);
        return;
      }
      case pageEvent.freed:
        if (this.#live.has(base)) {
          this.#frees++;
          this.#free(heap, base);
        } else {
          // Allocated before the trace began.
          this.#unknownFrees++;
        }
        return;
      default:
        if (this.#releases === 'recorded') this.#release(heap, pages[i]);
    }
  }

  /** Gives pages back; the older designs give whole runs, and what they gave too many counts for the next time. */
  #release(heap: PagedHeap, npages: number): void {
    this.#owed += npages;
    if (this.#owed <= 0) return;
    const released = heap.releasePages(this.#owed);
    this.#released += released;
    // What was not there to be given back is not owed on.
    this.#owed = Math.min(0, this.#owed - released);
  }

  #free(heap: PagedHeap, base: number): void {
    const run = this.#live.get(base);
    if (run === undefined) return;
    heap.freePages(run.address);
    this.liveBytes -= run.npages * pageSize;
    this.#live.delete(base);
  }

  async #idle(host: DriveHost): Promise<void> {
    const { idle: asked, collections } = this.#resolved;
    if (asked === 0) return;
    host.progress('idle', 0);
    const begin = this.#turns.now();
    let collected = 0;
    await idle({
      background: host.heap,
      durationMs: asked * 1000,
      collections,
      collect: () => {
        host.heap.gc();
        host.map(`after collection ${++collected}`);
      },
      turns: this.#turns,
      stopped: () => host.stopped(),
      onTurn: (share) => host.progress('idle', share),
    });
    this.idle = { asked, took: (this.#turns.now() - begin) / 1000 };
    host.progress('idle', 1);
  }
}
