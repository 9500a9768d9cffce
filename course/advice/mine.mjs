// Exercise 6: advice to the kernel. README.md tells what each advice is about, and what a run costs.
//
//   npx pageheap lab check
//   npx pageheap lab step examples/pages.txt
//   npx pageheap lab step examples/policy.txt --on AdvicePolicy
//   npx pageheap grade mine.mjs

const WEIGHT = {{weight}}; // what a fault costs, beside a page that is resident for a second in vain

/** Your model of the kernel: so many pages, none of them resident at first. */
export class Kernel {
  /** @param {number} pages */
  constructor(pages) {
    throw new Error('Kernel is to be written');
  }

  /** The program writes a byte (1 to 250, or 0) at the beginning of the page. @param {number} page @param {number} byte */
  write(page, byte) {
    throw new Error('write is to be written');
  }

  /** The program reads it. @param {number} page @returns {number} the byte */
  read(page) {
    throw new Error('read is to be written');
  }

  /** madvise. @param {'dontneed' | 'free' | 'cold' | 'none'} advice @param {number} page the first @param {number} n pages */
  advise(advice, page, n) {
    throw new Error('advise is to be written');
  }

  /** The kernel needs memory, and takes what it may. */
  pressure() {
    throw new Error('pressure is to be written');
  }

  /** @returns {number} resident pages */
  resident() {
    throw new Error('resident is to be written');
  }
}

/** Your own: what the kernel is told of a range. `npx pageheap compare` takes it, too. */
export class AdvicePolicy {
  /** @param {{ physPageSize: number, hugePageSize: number, advise: string }} host */
  constructor(host) {}

  /**
   * @param {{ address: number, bytes: number, changing: number }} range
   * @param {'released' | 'reused' | 'fresh'} state what happens to it
   * @returns {'dontneed' | 'free' | 'cold' | 'none' | string[] | undefined}
   */
  advise(range, state) {
    throw new Error('advise is to be written');
  }
}
