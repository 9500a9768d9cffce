/**
 * The workloads of the benchmark: what every participant does, whatever it is written in.
 *
 * A case is a name and `key=value` words. A participant is started with them in a process of its own
 * and prints result lines. All draw from the same pseudo-random sequence, so that they carry out the
 * same operations in the same order; where the outcome is comparable (placements of the page
 * allocator) they report a `check`, and the harness refuses to compare where checks differ.
 *
 * - `malloc size live order ops repeats`: a table of `live` (a power of two) objects without
 *   pointers. Each operation puts a new zeroed object in the place of an old one: the oldest
 *   (order=ring) or a random one (order=random). Filled, warmed by `ops` operations, then measured
 *   `repeats` times; the median. Go collects as it likes (GOGC=100), C frees, this project drops and
 *   collects by the same GOGC=100; all of that is in the time.
 * - `traced size live marking ops repeats`: a ring of `live` (a power of two) objects, an array of pointers that a root
 *   holds. Each operation puts a new zeroed object in the place of the oldest, and the collector finds out what died, by the
 *   same GOGC=100, its time included. An object points to one that always lives; those below 16 bytes hold no pointer.
 *   marking is how this project marks; Go marks in its own way.
 * - `mark graph objects order repeats`: a whole collection, asked for, of a graph of so many objects of 64 bytes with two
 *   pointers each, all alive; nanoseconds an object, by the clock (what=wall) and by the CPU time of the process (what=cpu).
 *   graph=tree: binary, allocated depth first; graph=random: each points to two others at random, and one array to all.
 *   order is in what order this project marks; Go 1.21 has one.
 * - `drops size live order how repeats`: `live` objects are allocated, then all are dropped, and a collection follows; the
 *   drops alone are timed: in the order of addresses or at random, one by one (how=each) or 256 at a time by `dropAll`
 *   (how=batch). Nobody else drops, so this project is alone. A batch saves nothing but calls, and locks where the heap
 *   is shared: single drops do not wait for each other either.
 * - `span kind holes batch rounds`: spans of one page from a heap that has 32,768 such spans of which
 *   `holes` % were freed at random. A round allocates `batch` spans and frees them in random order.
 *   kind=heap carries objects (1024 bytes, without pointers), kind=manual does not.
 * - `pages pages mib ops`: a page allocator over `mib` MiB, filled by address, half its pages with
 *   runs of `pages`, half with runs of 1 to 63; then 35 % of the runs of each kind are freed at
 *   random. Rounds free a batch of random runs (what=free) and allocate as many (what=alloc); then
 *   what=pair frees one random run and allocates one, in turn. The batch is a quarter of the runs, at
 *   most 1024; where it is below 16 only pairs are measured, since the clock would be.
 * - `page-cache mib repeats`: all pages of an empty heap taken singly through a page cache, the
 *   refills included; nanoseconds a page.
 * - `radix-trace trace file repeats`: a recorded trace of Go's page allocator, decoded beforehand;
 *   nanoseconds an operation, in the allocator's own calls. Wrong answers are an error.
 * - `scavenge quantum asked mib repeats`: `mib` MiB in touched blocks of `quantum` bytes, every second one
 *   freed, then all of that released, a quantum at a time, or `asked` bytes (`all`: all at once); nanoseconds a quantum.
 * - `metadata objects`: a heap of that many live objects of mixed sizes and a table of their
 *   addresses; the bytes of bookkeeping.
 * - `trace-parse lines repeats`: reading and parsing an mtrace file, nanoseconds a line; what=growth is
 *   by how many bytes the process grew meanwhile. This project alone, against absolute targets.
 * - `trace-replay lines | file`: a whole replay, unpaced and untouched, of a made trace or of a real
 *   program's; nanoseconds an operation, with reading and parsing in it. what=replay is the part in which operations
 *   are carried out, what=resolve that in which their objects are found. Likewise alone.
 * - `start repeats processes`: making a heap, allocating one object, disposing the heap. what=again is the
 *   median of `repeats` in one process; what=first is in a new process, with loading the library,
 *   the median of so many `processes`. Likewise alone.
 * - `command of processes`: a whole command, from before its process to after it: of=version is `pageheap --version`, of=run is
 *   `pageheap run git --duration 0 --idle 0 --no-report`; what=above is by how much it takes longer than `node -e 0`,
 *   in turns with it. Likewise alone.
 *
 * These words, the sequence and the result lines are a protocol between commits: a baseline is asked with the
 * words of today (baseline/tree.ts). A workload that changes gets a new name or a new word; an entry that meets
 * a word or a value it does not know ends with `unknownCase`.
 *
 * bench/go/workload, bench/go/traced, bench/go/runtime/bench_test.go and bench/c/rival.c follow this file.
 */

/** One result line. `ns` for times, `bytes` for sizes; `what` in the parameters tells parts apart. */
export interface Measurement {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  /** Nanoseconds an operation: the median of the repeats. */
  readonly ns?: number;
  /** Their lower quartile, which other programs disturb least; what two trees are compared by. */
  readonly quartile?: number;
  /** Bytes of bookkeeping. */
  readonly bytes?: number;
  /** Identifies the work asked for; equal among participants that report one. */
  readonly check?: string;
  /** What came of it by the heap's own accounts, which another allocator does not share: equal among two trees of this project. */
  readonly outcome?: string;
}

/** The exit code of an entry that does not know its case. */
export const unknownCase = 4;

/** Where every workload's sequence starts. */
export const seed = 0x2545f491;

/** xorshift32. The state is never zero. */
export class Random {
  state: number;

  constructor(state: number = seed) {
    this.state = state;
  }

  /** The next number scaled to 0 … n−1, for n up to 2^21 exact in doubles. */
  below(n: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.floor(((x >>> 0) * n) / 4294967296);
  }
}

/** Moves `count` random elements to the front. */
export function pick(random: Random, all: Int32Array, length: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const j = i + random.below(length - i);
    const kept = all[i];
    all[i] = all[j];
    all[j] = kept;
  }
}

/** Folds a number into a check (FNV-1a, a 32-bit word at a time). */
export function fold(check: number, value: number): number {
  return Math.imul(check ^ value, 16777619);
}

/** A check as it is printed. */
export function checkText(check: number): string {
  return (check >>> 0).toString(16);
}

/** The size of an object of the `metadata` workload: mostly small, a few large. */
export function mixedSize(random: Random): number {
  const x = random.below(1000);
  if (x < 800) return 16 + random.below(113);
  if (x < 950) return 128 + random.below(897);
  if (x < 990) return 1024 + random.below(7169);
  if (x < 998) return 8192 + random.below(24577);
  return 32768 + random.below(32769);
}

/** What the repeats of a measurement come to. */
export function figures(times: readonly number[]): { readonly ns: number; readonly quartile: number } {
  const sorted = [...times].sort((a, b) => a - b);
  return { ns: median(times), quartile: sorted[(sorted.length - 1) >> 2] };
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
