/** Other designs of a page heap that keep the contract, written as edits of the example. */
import { type Edit, into } from './example-edits.ts';

/** Releases nothing by age. */
export const ageless: Edit = ['  releaseUnused(limit) {', '  notReleaseUnused(limit) {'];

/** What grows counts as there. */
export const backed: readonly Edit[] = [
  ['freshScavenged = true', 'freshScavenged = false'],
  ['this.#add({ page, n, released: true, since', 'this.#add({ page, n, released: false, since'],
];

/** As the design of 2014: what is left of a released run counts as there. */
const forgetful: Edit = [
  '      if (run.n === 0) this.#runs.splice(first, 1);\n',
  `      if (run.n === 0) this.#runs.splice(first, 1);
      else if (run.released && left === 0) {
        this.lastScavenged += run.n;
        run.released = false;
      }
`,
];

/** Counts only some of what was released, and says so with the allocation. */
const halfForgetful: readonly Edit[] = [
  ['lastScavenged = 0;\n', 'lastScavenged = 0;\n  #forgotten = new Map();\n'],
  [
    '      if (run.n === 0) this.#runs.splice(first, 1);\n',
    `      if (run.n === 0) this.#runs.splice(first, 1);
      else if (run.released && left === 0 && run.n > 1) {
        this.lastScavenged += 1;
        this.#runs.splice(first + 1, 0, { ...run, page: run.page + 1, n: run.n - 1 });
        run.n = 1;
        run.released = false;
      }
`,
  ],
];

export const designs: readonly (readonly [string, readonly Edit[]])[] = [
  ['the example', []],
  ['one that does not release by age', [ageless]],
  ['one whose fresh pages count as there', backed],
  ['one that forgets releases', [forgetful]],
  ['one that forgets one page of a release', [...halfForgetful]],
  ['one that tells of no age', [ageless, ['released ? n : 0, since', 'released ? n : 0, 0']]],
  [
    'one that refuses large physical pages and small growth',
    [
      [
        '    this.#host = host;\n',
        '    this.#host = host;\n    if (host.physPages > 1) throw new Error("no");\n',
      ],
      into('grow(page, n)', 'if ((page | n) % 512 !== 0) return false;'),
    ],
  ],
];
