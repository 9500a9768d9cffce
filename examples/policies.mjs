// One of each of the smaller parts, each by the name of its contract, so that one module serves for all of them.
//
//   npx pageheap run perl --advice-policy examples/policies.mjs
//   npx pageheap run perl --trigger-policy examples/policies.mjs
//   npx pageheap run perl --scavenge-controller examples/policies.mjs
//   npx pageheap run perl --dense-rule examples/policies.mjs
//   npx pageheap run perl --page-cache-policy examples/policies.mjs
//   npx pageheap run perl --sweep-order examples/policies.mjs
//   npx pageheap run perl --size-class-table examples/policies.mjs

/**
 * Large runs go at once, small ones when the kernel needs them: few system calls make most of the difference.
 * @implements {import('pageheap').AdvicePolicy}
 */
export class AdvicePolicy {
  advise({ bytes }, state) {
    if (state !== 'released') return 'none';
    return bytes >= 2 ** 20 ? 'dontneed' : 'free';
  }
}

/**
 * A fixed budget over what lives, however much that is: 8 MiB of garbage and no more.
 * @implements {import('pageheap').TriggerPolicy}
 */
export class TriggerPolicy {
  pace(heap) {
    return heap.heapMarked + 8 * 2 ** 20;
  }
}

/**
 * No feedback: it sleeps as long as the share that is wanted asks, whatever the last burst came to.
 * @implements {import('pageheap').ScavengeController}
 */
export class ScavengeController {
  next(_measured, wanted) {
    return wanted / (1 - wanted);
  }
}

/**
 * A chunk counts as dense from half of its pages on, but not when nothing happened in it for two collections.
 * @implements {import('pageheap').DenseRule}
 */
export class DenseRule {
  keeps({ inUse, age }) {
    return inUse >= 256 && age < 2;
  }
}

/**
 * Small caches, and of their pages one that has memory behind it, if there is one: fewer page faults, less in order.
 * @implements {import('pageheap').PageCachePolicy}
 */
export class PageCachePolicy {
  serves({ pages }) {
    return pages <= 4;
  }
  fill() {
    return 32;
  }
  choose({ released }) {
    return Math.max(0, released.indexOf(0));
  }
}

/**
 * Spans without a live object first, the highest before others: their pages are free as soon as can be.
 * @implements {import('pageheap').SweepOrder}
 */
export class SweepOrder {
  order(spans) {
    const empty = spans.filter((span) => span.empty).sort((a, b) => b.page - a.page);
    return empty.map(({ id }) => id);
  }
}

/**
 * Powers of two and nothing between: few kinds of spans, and up to half of each object for nothing.
 * @implements {import('pageheap').CustomSizeClassTable}
 */
export class SizeClassTable {
  classes() {
    const sizes = Array.from({ length: 13 }, (_, i) => 8 << i);
    return sizes.map((size) => ({ size, pages: Math.max(1, size / 4096) }));
  }
}
