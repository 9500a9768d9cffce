/** A cheap allocator for replays: addresses that only grow, size classes of powers of two, a log. */
import type { ReplayTarget } from '../../../lib/lab/subject/target.ts';

export class BumpTarget implements ReplayTarget {
  next = 0x1000_0000_0000;
  mallocs = 0;
  drops = 0;
  touched = 0;
  /** Every call, where it was asked for. */
  readonly log: string[] | undefined;

  constructor(log = false) {
    this.log = log ? [] : undefined;
  }

  malloc(size: number): number {
    const address = this.next;
    this.next += Math.max(16, size);
    this.mallocs++;
    this.log?.push(`malloc ${size} = ${this.name(address)}`);
    return address;
  }

  drop(address: number): void {
    this.drops++;
    this.log?.push(`drop ${this.name(address)}`);
  }

  roundUpSize(size: number): number {
    return size <= 8 ? 8 : 2 ** Math.ceil(Math.log2(size));
  }

  touch(address: number, from: number, bytes: number): void {
    this.touched += bytes;
    this.log?.push(`touch ${this.name(address)} ${from} ${bytes}`);
  }

  touchPages(address: number, from: number, bytes: number): void {
    this.touched += bytes;
    this.log?.push(`pages ${this.name(address)} ${from} ${bytes}`);
  }

  copy(to: number, from: number, n: number): void {
    this.log?.push(`copy ${this.name(to)} ${this.name(from)} ${n}`);
  }

  private name(address: number): string {
    return `#${address - 0x1000_0000_0000}`;
  }
}
