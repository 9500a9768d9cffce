/**
 * Mutants of the example: each has one thing wrong, written as an edit of its text, and one check finds it.
 */
import { describe, expect, it } from 'vitest';
import { ConformanceError, conformanceChecks } from '../../../lib/lab/conformance/index.ts';
import { those, times } from '../../support/extent.ts';
import { ageless, backed, designs } from './designs.ts';
import { also, classOf, type Edit, into } from './example-edits.ts';

const releaseText = 'release(nbytes, _force, shouldStop)';

const byAge = 'now - since > limit';

/** What takes long, and is not about what the designs differ in. */
const slow = /^has each range in one piece|^uses all of its reach|^hands out every page once/;

// All of them for each: test/long/lab/conformance/designs.test.ts.
describe.each(designs)('%s keeps the contract:', (_what, edits) => {
  const Class = classOf(...edits);
  for (const { name, run } of conformanceChecks((host) => new Class(host), { runs: times(1, 2) }))
    if (!slow.test(name)) it(name, run);
});

const unforced = /^releases also unforced/;
const amounts = /^releases about as much/;
const wholeRun = /^releases in the last piece/;
const units = /^releases for a part of a page/;
const anyLength = /^hands out runs of any length/;
const reach = /^uses all of its reach/;
const farReach = /^works at both ends of a reach/;
const states = /^tells of each free run/;
const ages = /^releases by age/;
const generations = /^ages by collections/;
const prepared = /^is as it was when it is made ready/;
const small = /^grows by less than 512/;
const physical = /^releases whole physical pages, where they are 2/;
const physical4 = /^releases whole physical pages, where they are 4/;
const atRandom = /^agrees with the naive model/;

const mutants: readonly (readonly [what: string, check: RegExp, ...edits: Edit[]])[] = [
  ['releases nothing unless it is forced', unforced, into(releaseText, 'if (!_force) return 0;')],
  [
    'releases one page at most unless it is forced',
    unforced,
    into(releaseText, 'if (!_force) nbytes = Math.min(nbytes, 1);'),
  ],
  ['releases everything unless it is forced', unforced, into(releaseText, 'if (!_force) nbytes = Infinity;')],
  [
    'stops only where it is forced',
    unforced,
    ['() => true, shouldStop)', '() => true, _force ? shouldStop : undefined)'],
  ],
  ['asks whether to stop and goes on', unforced, ['if (shouldStop?.()) break', 'shouldStop?.()']],
  [
    'asks whether to stop after every second piece',
    atRandom,
    ['if (shouldStop?.()) break', 'if (i % 2 === 0 && shouldStop?.()) break'],
  ],
  [
    'releases one run more than is needed',
    amounts,
    [
      'i >= 0 && released * 8192 < nbytes',
      'i >= 0 && (released - (this.#runs[i + 1]?.n ?? 0)) * 8192 < nbytes',
    ],
  ],
  ['releases at least 1 MiB', amounts, into(releaseText, 'nbytes = Math.max(nbytes, 2 ** 20);')],
  ['releases half of what it is asked for', amounts, into(releaseText, 'nbytes /= 2;')],
  [
    'releases more pages of a run than are wanted, and not all',
    atRandom,
    [
      'const [head, tail] = [page - run.page, run.page + run.n - page - n];',
      'const [head, tail] = [page - run.page, run.page + run.n - page - n + (n > 9 && phys === 1 ? 1 : 0)];\n      if (n > 9 && phys === 1) { this.#runs.splice(i + 1, 0, { ...run, page: page + n - 1, n: 1 }); Object.assign(run, { page, n: n - 1, released: true }); released += n - 1; this.#host.release(page, n - 1, n - 1); if (shouldStop?.()) break; continue; }',
    ],
  ],
  [
    'tells of pieces of at most 45 pages, and releases what touches at once',
    wholeRun,
    [
      'visit(page, n, released ? n : 0, since);',
      `for (let at = 0; at < n; at += 45) {
        const some = Math.min(45, n - at);
        visit(page + at, some, released ? some : 0, since);
      }`,
    ],
  ],
  [
    'rounds what it is asked for down to whole pages',
    units,
    into(releaseText, 'nbytes = Math.floor(nbytes / 8192) * 8192;'),
  ],
  ['takes what it is asked for as 32 bits', units, into(releaseText, 'nbytes |= 0;')],
  [
    'takes what it is asked for as an integer',
    units,
    into(releaseText, 'if (!Number.isSafeInteger(nbytes)) return 0;'),
  ],
  [
    'counts memory that is there as released, for released pages that it hands out',
    states,
    [
      '    return page;\n  }\n\n  #add',
      `    const there = this.#runs.find((run) => !run.released && run.n <= this.lastScavenged);
    if (there !== undefined) {
      this.lastScavenged -= there.n;
      there.released = true;
    }
    return page;
  }

  #add`,
    ],
  ],
  [
    'takes a released run for one that is there',
    states,
    [
      '    return page;\n  }\n\n  #add',
      `    const gone = this.#runs.find((run) => run.released && this.#runs.some(({ n, released }) => !released && n === run.n));
    const there = this.#runs.find((run) => !run.released && run.n === gone?.n);
    if (there !== undefined) [gone.released, there.released] = [false, true];
    return page;
  }

  #add`,
    ],
  ],
  [
    'tells of the right number of released pages in the wrong runs',
    states,
    [
      'for (const { page, n, released, since } of this.#runs) visit(page, n, released ? n : 0, since);',
      `let left = this.stats().scavengedPages;
    for (const { page, n, since } of this.#runs) {
      const scavenged = Math.min(left, n);
      left -= scavenged;
      visit(page, n, scavenged, since);
    }`,
    ],
  ],
  [
    'forgets with an allocation what was released elsewhere',
    states,
    [
      '    return page;\n  }\n\n  #add',
      `    const far = this.#runs.findLast((run) => run.released);
    if (far !== undefined) {
      far.released = false;
      this.lastScavenged += far.n;
    }
    return page;
  }

  #add`,
    ],
  ],
  [
    'tells the host of pages that were released before as new',
    states,
    [
      'if (run.released || n <= 0 || !goes(run)) continue;',
      'if (n <= 0) continue;\n      if (run.released) { this.#host.release(page, n, n); this.lastScavenged += n; continue; }',
    ],
  ],
  ['has no run of more than 2048 pages', anyLength, into('alloc(n)', 'if (n > 2048) return -1;')],
  [
    'misplaces runs of 1600 pages and more',
    anyLength,
    ['return this.#take(first, n)', 'return this.#take(first, n) + (n >= 1600 ? 1 : 0)'],
  ],
  [
    'misplaces runs of 1600 pages and more, among random ones',
    atRandom,
    ['return this.#take(first, n)', 'return this.#take(first, n) + (n >= 1600 ? 1 : 0)'],
  ],
  [
    'has books for half of its reach',
    reach,
    into('grow(page, n)', 'if (page + n > this.#host.reachPages / 2) throw new RangeError("books");'),
  ],
  [
    'has books for half of its reach, and grows at random',
    atRandom,
    into('grow(page, n)', 'if (page + n > this.#host.reachPages / 2) throw new RangeError("books");'),
  ],
  ['has books for 256 MiB', farReach, into('grow(page, n)', 'if (page + n > 32768) return false;')],
  [
    'tells of 0 as the time since which everything is unused',
    ages,
    ['released ? n : 0, since', 'released ? n : 0, 0'],
  ],
  [
    'tells of fresh runs that they are unused since 0',
    ages,
    ['released: true, since: this.#host.now()', 'released: true, since: 0'],
  ],
  [
    'tells of fresh runs that they are unused since 0, and releases nothing by age',
    states,
    ageless,
    ['released: true, since: this.#host.now()', 'released: true, since: 0'],
  ],
  [
    'tells of fresh memory that it is unused since 0',
    ages,
    ...backed,
    ['released: false, since: this.#host.now() });\n    return', 'released: false, since: 0 });\n    return'],
  ],
  ['gives a merged run the older of two ages', ages, ['Math.max(run.since', 'Math.min(run.since']],
  [
    'gives a merged run the older of two ages, and releases nothing by age',
    states,
    ageless,
    ['Math.max(run.since', 'Math.min(run.since'],
  ],
  [
    'gives a merged run the age of its first part',
    ages,
    ['      run.since = Math.max(run.since, next.since);\n', ''],
  ],
  [
    'makes a merged run young for ever',
    ages,
    ['run.since = Math.max(run.since, next.since)', 'run.since = Infinity'],
  ],
  [
    'makes a merged run younger than it is',
    ages,
    ['run.since = Math.max(run.since, next.since)', 'run.since = this.#host.now() + 400'],
  ],
  [
    'makes a run young of which something is allocated',
    states,
    ['      left -= taken;\n', '      left -= taken;\n      run.since = this.#host.now();\n'],
  ],
  ['releases by age what is unused for just as long as the limit', ages, [byAge, 'now - since >= limit']],
  ['releases by age what is unused for just as long, at random', atRandom, [byAge, 'now - since >= limit']],
  ['releases by age whatever is free', ages, [byAge, 'true']],
  ['releases by age nothing', ages, [byAge, 'false']],
  [
    'releases by age one run at most',
    ages,
    ['if (shouldStop?.()) break', 'if (shouldStop?.() || nbytes === Infinity) break'],
  ],
  [
    'releases by age only the lower half',
    atRandom,
    ['({ since }) => now - since > limit', '({ n, since }) => now - since > limit && (limit < 0 || n <= 99)'],
  ],
  [
    'releases when a collection ends',
    generations,
    also('nextGeneration() {\n    this.release(Infinity, true);\n  }'),
  ],
  [
    'releases when something is freed',
    states,
    [
      'released: false, since: this.#host.now() });\n  }',
      'released: false, since: this.#host.now() });\n    if (n > 29) this.release(1, true);\n  }',
    ],
  ],
  ['releases when it allocates', states, into('alloc(n)', 'if (n === 20) this.release(1, true);')],
  ['releases parts of physical pages', physical, ['const phys = this.#host.physPages', 'const phys = 1']],
  [
    'knows no physical pages but of two',
    physical4,
    ['const phys = this.#host.physPages', 'const phys = Math.min(2, this.#host.physPages)'],
  ],
  [
    'releases what lies beside a free run, for a whole physical page',
    physical,
    ['Math.ceil(run.page / phys)', 'Math.floor(run.page / phys)'],
  ],
  [
    'releases nothing of runs that begin within a physical page',
    physical4,
    ['n <= 0 ||', 'n <= 0 || page !== run.page ||'],
  ],
  [
    'has pages for whose growth it was only made ready',
    prepared,
    also('prepareGrow(page, n) {\n    return this.grow(page, n);\n  }'),
  ],
  [
    'grows twice: once when it is made ready',
    prepared,
    also(
      '#ready = 0;\n  prepareGrow(page, n) {\n    this.#ready += n;\n    this.#pages += n;\n    return true;\n  }',
    ),
    [
      'this.#pages += n;\n    this.#add',
      'if (this.#ready === 0) this.#pages += n;\n    this.#ready = 0;\n    this.#add',
    ],
  ],
  [
    'is ready to grow once',
    prepared,
    also(
      '#ready = false;\n  prepareGrow() {\n    if (this.#ready) return false;\n    this.#ready = true;\n    return true;\n  }',
    ),
  ],
  [
    'counts pages whose growth it refuses',
    small,
    into('grow(page, n)', 'if (n % 512 !== 0) { this.#pages += n; return false; }'),
  ],
  ['grows by chunks, whatever it is given', small, into('grow(page, n)', 'n = Math.ceil(n / 512) * 512;')],
  [
    'does not put what it grows together with what it has, if that is small',
    small,
    ['if (!this.#touches(i) || run.released', 'if (!this.#touches(i) || next.n < 128 || run.released'],
    [
      'next !== undefined && this.#runs[i].page',
      'next !== undefined && this.#runs[i].n > 20 && this.#runs[i].page',
    ],
  ],
];

/** Whether it is the first one that a check has to find: what `npm test` tries of each. */
const isFirst = ([, check]: (typeof mutants)[number], i: number): boolean =>
  mutants.findIndex((other) => other[1] === check) === i;

describe('a page heap that', () => {
  it.each(those(mutants, isFirst).map(([what, check, ...edits]) => ({ what, check, edits })))(
    '$what is found out',
    ({ check, edits }) => {
      const Class = classOf(...edits);
      const found = conformanceChecks((host) => new Class(host), { runs: 100, seed: 4 }).filter(({ name }) =>
        check.test(name),
      );
      expect(found).toHaveLength(1);
      let error: unknown;
      try {
        found[0]?.run();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(Error);
      if (!(error instanceof RangeError)) expect(error).toBeInstanceOf(ConformanceError);
    },
  );
});
