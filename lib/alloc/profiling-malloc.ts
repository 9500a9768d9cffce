/**
 * Malloc for a heap with a memory profile: around another, it samples what that hands out.
 *
 * Each P has a number of bytes until its next sample; an allocation that it covers is subtracted, another is sampled,
 * and a new number is drawn. As the generations do it:
 *
 *   uniform   2014: from 0 to twice the rate, less what the sampled object went beyond; objects of the rate and larger
 *             are sampled all, and draw no number
 *   poisson   since: an exponential distribution with the rate as its mean, so that each byte is as likely to be
 *             sampled as any other. In the design of 2019 objects of the rate and larger are sampled all, too
 *
 * What counts are the bytes of the size class. A block of tiny objects counts once, when it is begun; of a user arena each
 * chunk, as an object of its size, and none of the objects in it.
 *
 * This is a class around malloc, not a branch in it: a heap without a profile has nothing of it on its fast path.
 *
 * Not here: what becomes of a sample (`ProfileHooks`), and where the program calls from (api/).
 */
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import { f64, i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Allocator, TypeShape } from './scanning-malloc.ts';
import { maxTinySize, roundUpSizeBy, type SizeClasses } from './size-classes.ts';

/** Rows are Ps. */
export const profileSampleTable = table('profileSamples', 'mcache', {
  /** Bytes until the next sample. */
  left: f64('p'),
  /** The state of its random numbers; 0: nothing was drawn yet. */
  random: i32('p'),
});

export type SamplingKind = 'uniform' | 'poisson' | 'poisson, large all';

export interface ProfileHooks {
  /** An object was sampled. @param bytes those of its size class, or pages */
  sampled(address: number, bytes: number): void;
}

/** How a heap samples. */
export interface Sampling {
  readonly kind: SamplingKind;
  /** Bytes from one sample to the next, on average; 1: everything is sampled. */
  readonly rate: number;
}

/** The largest rate of the design of 2014, and so its largest number. */
const mostUniform = 0x3fffffff;

interface ProfilingParts extends Sampling {
  readonly p: number;
  readonly allocator: Allocator;
  readonly meta: MetaMemory;
  readonly classes: SizeClasses;
  readonly zeroBase: number;
}

const given = partsOf<ProfilingParts>;

export class ProfilingMalloc extends WrittenOnce implements Allocator {
  hooks: ProfileHooks = { sampled: () => {} };
  readonly #p = given(this).p;
  readonly #allocator = given(this).allocator;
  readonly #classes = given(this).classes;
  readonly #rate = given(this).rate;
  readonly #kind = given(this).kind;
  readonly #zeroBase = given(this).zeroBase;
  readonly #left = given(this).meta.views(profileSampleTable).left;
  readonly #random = given(this).meta.views(profileSampleTable).random;

  constructor(parts: ProfilingParts) {
    super(parts);
    if (this.#random[this.#p] === 0) {
      // Of each P another sequence, the same in each run.
      this.#random[this.#p] = Math.imul(this.#p + 1, 0x9e3779b1) | 1;
      this.#left[this.#p] = this.#draw(0);
    }
  }

  malloc(size: number, noscan: boolean, zero: boolean): number {
    const addr = this.#allocator.malloc(size, noscan, zero);
    const isTiny = size < maxTinySize && noscan;
    // Within a block that was begun before nothing is counted.
    if (isTiny && addr % maxTinySize !== 0) return addr;
    this.#count(addr, isTiny ? maxTinySize : roundUpSizeBy(this.#classes, size));
    return addr;
  }

  make(shape: TypeShape): number {
    const addr = this.#allocator.make(shape);
    const isTiny = shape.size < maxTinySize && shape.noscan;
    if (isTiny && addr % maxTinySize !== 0) return addr;
    this.#count(addr, isTiny ? maxTinySize : roundUpSizeBy(this.#classes, shape.size));
    return addr;
  }

  tookChunk(address: number, bytes: number): void {
    this.#count(address, bytes);
  }

  #count(addr: number, bytes: number): void {
    const left = this.#left[this.#p];
    if (bytes < left && (this.#kind === 'poisson' || bytes < this.#rate)) {
      this.#left[this.#p] = left - bytes;
      return;
    }
    if (addr === 0 || addr === this.#zeroBase) return;
    if (this.#kind !== 'uniform' || bytes < this.#rate) this.#left[this.#p] = this.#draw(bytes - left);
    this.hooks.sampled(addr, bytes);
  }

  /** Bytes until the next sample. @param beyond bytes by which the sampled object went beyond the last number */
  #draw(beyond: number): number {
    const rate = this.#rate;
    if (rate <= 1) return 0;
    if (this.#kind === 'uniform')
      return Math.max(0, Math.floor(this.#fraction() * 2 * Math.min(rate, mostUniform)) - beyond);
    return -Math.log(1 - this.#fraction()) * rate;
  }

  /** A random number from 0 to below 1: xorshift. */
  #fraction(): number {
    let x = this.#random[this.#p];
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random[this.#p] = x;
    return (x >>> 0) / 2 ** 32;
  }
}
