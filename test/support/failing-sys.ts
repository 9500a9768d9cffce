/**
 * A system that refuses: the nth request for memory, or every one from there on, answers as the kernel
 * does when memory is out. Nothing is done then, and nothing is booked.
 */

import type { Address } from '../../lib/base/units.ts';
import { address } from '../../lib/base/units.ts';
import { ENOMEM } from '../../lib/os/errno.ts';
import { type Purpose, Sys, type SysOptions } from '../../lib/os/sys.ts';

/** The calls by which memory or address space is asked for. */
export type Refusable = 'reserve' | 'map' | 'commit' | 'alloc' | 'used';

export class FailingSys extends Sys {
  /** Requests so far that could have been refused. */
  requests = 0;
  /** Requests refused. */
  refused = 0;
  private from = Infinity;
  private until = Infinity;
  private readonly kinds: ReadonlySet<Refusable>;
  private failed = false;

  constructor(kinds: readonly Refusable[], options: SysOptions = {}) {
    super({ debug: true, ...options });
    this.kinds = new Set(kinds);
  }

  /** Refuses `count` requests, after `pass` more have been granted. */
  refuse(pass: number, count: number): void {
    this.from = this.requests + pass;
    this.until = this.from + count;
  }

  /** Grants everything from now on. */
  relent(): void {
    this.from = Infinity;
  }

  override get lastErrno(): number {
    return this.failed ? ENOMEM : super.lastErrno;
  }

  override reserve(hint: number, length: number): Address {
    return this.refuses('reserve') ? address(0) : super.reserve(hint, length);
  }

  override map(addr: number, length: number, purpose: Purpose): boolean {
    return !this.refuses('map') && super.map(addr, length, purpose);
  }

  override commit(addr: number, length: number, purpose: Purpose): boolean {
    return !this.refuses('commit') && super.commit(addr, length, purpose);
  }

  override alloc(length: number, purpose: Purpose): Address {
    return this.refuses('alloc') ? address(0) : super.alloc(length, purpose);
  }

  override used(addr: number, length: number, prepared: number = length): boolean {
    return !this.refuses('used') && super.used(addr, length, prepared);
  }

  private refuses(kind: Refusable): boolean {
    if (!this.kinds.has(kind)) return false;
    const nth = this.requests++;
    this.failed = nth >= this.from && nth < this.until;
    if (this.failed) this.refused++;
    return this.failed;
  }
}
