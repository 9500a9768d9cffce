/** Threads that work on a shared heap, and what they and their heap must come to. */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapHandle } from '../../lib/api/index.ts';
import { GiB } from '../../lib/base/units.ts';
import type { Generation } from '../../lib/design/design.ts';
import { Child } from '../os/child.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';
import type { LiveObject, MutatorAnswer, MutatorTask } from './children/mutator.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('mutator', join(import.meta.dirname, 'children'));
});
afterAll(() => child.remove());

export function newHeap(ps = 8, generation: Generation = 'radix'): Heap {
  return new Heap({ reach: 4 * GiB, environment: false, ps, gcPercent: 50, generation });
}

let seeds = 1;

/** A worker and what it says, in order. */
export class Mutator {
  readonly worker: Worker;
  readonly exit: Promise<unknown>;
  private readonly said: MutatorAnswer[] = [];
  private readonly waiting: ((message: MutatorAnswer) => void)[] = [];
  private failure: Error | undefined;

  constructor(handle: HeapHandle, manner: MutatorTask['manner'], stamp = 1, operations = 0) {
    const task: MutatorTask = { handle, manner, seed: 7919 * seeds++, operations, noscan: true, stamp };
    this.worker = child.thread(task);
    this.exit = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.on('message', (message: MutatorAnswer) => {
      const waiter = this.waiting.shift();
      if (waiter === undefined) this.said.push(message);
      else waiter(message);
    });
    this.worker.on('error', (error: Error) => {
      this.failure = error;
      for (const waiter of this.waiting.splice(0)) {
        waiter({ kind: 'error', code: error.name, message: error.message });
      }
    });
  }

  /** The next thing it says, which must be of this kind. */
  async hears<K extends MutatorAnswer['kind']>(kind: K): Promise<Extract<MutatorAnswer, { kind: K }>> {
    if (this.failure !== undefined) throw this.failure;
    const message = this.said.shift() ?? (await new Promise<MutatorAnswer>((go) => this.waiting.push(go)));
    expect(message).toMatchObject({ kind });
    return message as Extract<MutatorAnswer, { kind: K }>;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Takes what an operation answers, and that it answered within two seconds. */
export function promptly(operation: () => unknown): string {
  const start = performance.now();
  const code = codeOf(operation);
  expect(performance.now() - start, 'this hung').toBeLessThan(2000);
  return code;
}

/** Two threads and this one allocate, drop and collect; then everything is counted and looked at. */
export async function workTogether(generation: Generation, operations: number): Promise<void> {
  const heap = newHeap(8, generation);
  const handle = heap.share();
  const workers = [new Mutator(handle, 'work', 17, operations), new Mutator(handle, 'work', 18, operations)];
  for (const worker of workers) await worker.hears('attached');
  expect(codeOf(() => heap.dispose())).toBe('ERR_IN_USE');

  // This thread takes part.
  const own: LiveObject[] = [];
  let ownAllocated = 0;
  for (let i = 0; i < operations / 100; i++) {
    for (let k = 0; k < 20; k++) {
      const size = 20 + ((i * 37 + k * 11) % 900);
      const addr = heap.malloc(size);
      heap.view(addr, size).fill(99);
      own.push({ addr, size });
      ownAllocated++;
    }
    while (own.length > 500) heap.drop(own.splice((i * 131) % own.length, 1)[0].addr);
    if (i % 60 === 0) {
      heap.gc();
      heap.check(2);
    }
    await pause(0);
  }
  const outcomes = [];
  for (const worker of workers) outcomes.push(await worker.hears('done'));
  for (const worker of workers) await worker.exit;

  heap.check(3);
  for (const { addr, size } of own) expect(isAll(heap.view(addr, size), 99)).toBe(true);
  for (const [i, { live }] of outcomes.entries()) {
    for (const { addr, size } of live) expect(isAll(heap.view(addr, size), 17 + i)).toBe(true);
  }
  heap.gc();
  heap.check(3);
  const stats = heap.readMemStats();
  const live = [own, ...outcomes.map((outcome) => outcome.live)].flat();
  const allocated = ownAllocated + outcomes.reduce((sum, outcome) => sum + outcome.allocated, 0);
  expect(stats.Mallocs).toBe(allocated);
  expect(stats.HeapObjects).toBe(live.length);
  expect(stats.Frees).toBe(allocated - live.length);
  expect(stats.HeapAlloc).toBe(live.reduce((sum, { size }) => sum + heap.roundUpSize(size), 0));
  heap.dispose();
}

/** Ends two threads at some moment of their work, again and again: a clear error or a working heap, never a hang. */
export async function endAtRandomMoments(rounds: number): Promise<void> {
  const outcomes = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const heap = newHeap();
    const handle = heap.share();
    const workers = [new Mutator(handle, 'endless', 21), new Mutator(handle, 'endless', 22)];
    for (const worker of workers) await worker.hears('attached');
    await pause((round * 7919) % 60);
    for (const worker of workers) await worker.end();
    const code = promptly(() => {
      const addr = heap.malloc(100);
      heap.fill(addr, 100, 1);
      heap.drop(addr);
      heap.gc();
      heap.check(3);
    });
    expect(['none', 'ERR_OWNER_DEAD']).toContain(code);
    outcomes.add(code);
    expect(promptly(() => heap.dispose())).toBe('none');
  }
  expect(outcomes.size).toBeGreaterThan(0);
}
