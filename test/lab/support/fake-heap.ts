/** A heap for runs that needs no memory: it counts, and collects and releases when told to. */
import type {
  ClassRow,
  LabEvent,
  LabHeap,
  LabRange,
  LabSample,
  PageStates,
} from '../../../lib/lab/subject/target.ts';
import { BumpTarget } from './bump-target.ts';

export class FakeHeap extends BumpTarget implements LabHeap {
  onEvent: ((event: LabEvent) => void) | undefined;
  readonly settings = { gcPercent: 100, advise: 'dontneed', memoryLimit: Number.POSITIVE_INFINITY };
  collections = 0;
  steps = 0;
  disposed = 0;
  stacksFreed = 0;
  inUse = 0;
  private readonly sizes = new Map<number, number>();

  override malloc(size: number): number {
    const address = super.malloc(size);
    this.sizes.set(address, size);
    this.inUse += size;
    return address;
  }

  override drop(address: number): void {
    super.drop(address);
    this.inUse -= this.sizes.get(address) ?? 0;
    this.sizes.delete(address);
  }

  allocStack(bytes: number): number {
    const address = this.next;
    this.next += bytes;
    return address;
  }

  freeStack(_address: number): void {
    this.stacksFreed++;
  }

  gc(): void {
    this.collections++;
    const n = this.collections;
    const heap = this.inUse;
    this.onEvent?.({
      kind: 'gc',
      n,
      forced: true,
      line: `gc ${n}`,
      heap0: heap,
      heap1: heap,
      live: heap,
      goal: Number.POSITIVE_INFINITY,
      ms: 1,
    });
  }

  touchEvery(_address: number, bytes: number, step: number): void {
    this.touched += Math.ceil(bytes / step);
  }

  freeOSMemory(): void {
    this.log?.push('freeOSMemory');
  }

  step(): number {
    this.steps++;
    return Number.POSITIVE_INFINITY;
  }

  sample(): LabSample {
    return {
      heapInuse: this.inUse,
      heapFree: 0,
      heapReleased: 0,
      heapSys: this.inUse,
      heapAlloc: this.inUse,
      goal: Number.POSITIVE_INFINITY,
      limit: Number.POSITIVE_INFINITY,
      numGC: this.collections,
      madviseCalls: 0,
      madviseBytes: 0,
      madviseNs: 0,
    };
  }

  ranges(): readonly LabRange[] {
    return [];
  }

  pageStates(): PageStates {
    return { origin: 0, ranges: [], state: new Uint8Array(0) };
  }

  classes(): readonly ClassRow[] {
    return [{ class: 1, size: 8, objects: this.sizes.size }];
  }

  summary(): Readonly<Record<string, unknown>> {
    return { NumGC: this.collections };
  }

  fallbacks(): readonly string[] {
    return ['nothing works'];
  }

  dispose(): void {
    this.disposed++;
  }
}
