import { describe, expect, it } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { heapRequestOf, inFlags, parseConfiguration } from '../../lib/cli/heap-options.ts';
import { resolveDesign } from '../../lib/design/generations.ts';

describe('a configuration', () => {
  it.each<[string, object]>([
    ['radix', { label: 'radix', heap: { generation: 'radix' } }],
    [
      'treap,advise=dontneed',
      { label: 'treap,advise=dontneed', heap: { generation: 'treap', advise: 'dontneed' } },
    ],
    ['mine:page-heap=./x.mjs', { label: 'mine', heap: {}, modules: { pageHeap: './x.mjs' } }],
    [
      'a b:lists,growth-unit=4MiB,gogc=off',
      { label: 'a b', heap: { generation: 'lists', growthUnit: 2 ** 22, gcPercent: -1 } },
    ],
    [
      'treap,huge-page-hints=off,scavenge-on-reuse',
      { heap: { generation: 'treap', hugePageHints: false, scavengeOnReuse: true } },
    ],
    ['generation=treap,scavenge-after=2.5', { heap: { generation: 'treap', scavengeAfter: 2.5e9 } }],
  ])('%s', (text, made) => expect(parseConfiguration(text)).toMatchObject(made));

  it('has what every configuration has, unless it says otherwise', () => {
    const base = { heap: { gcPercent: 50, advise: 'free' } } as const;
    expect(parseConfiguration('radix,advise=dontneed', base).heap).toEqual({
      gcPercent: 50,
      advise: 'dontneed',
      generation: 'radix',
    });
  });

  it.each<[string, RegExp]>([
    ['', /an empty option/],
    ['radix,', /an empty option/],
    ['slab', /slab is no generation \(lists, treap, radix\), no contender \(glibc, .*\), and no option/],
    ['radix,slab=1', /there is no option slab; there are/],
    ['raddix', /raddix is no generation .* and no option \(did you mean radix\?\)/],
    ['jemaloc', /\(did you mean jemalloc\?\)/],
    ['radix,advize=free', /there is no option advize \(did you mean advise\?\)/],
    ['radix,generation=lists', /generation is said twice/],
    ['advise=free,advise=dontneed', /advise is said twice/],
    ['radix,advise', /advise needs a value/],
    ['radix,advise=later', /advise=later: it takes one of dontneed, free$/],
    ['radix,growth-unit=10MB', /growth-unit=10MB: it takes bytes/],
    ['radix,page-heap=slab', /page-heap=slab/],
    ['huge-page-hints=maybe', /huge-page-hints=maybe: it takes on or off$/],
    [':radix', /an empty label before the colon/],
    [' :radix', /an empty label before the colon/],
  ])("'%s' is refused", (text, message) => {
    expect(() => parseConfiguration(text)).toThrow(message);
    expect(() => parseConfiguration(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  });
});

describe('a flag', () => {
  it.each([
    [true, true],
    [false, false],
  ])('of a switch is on, or off by its --no-: %s', (given, hugePageHints) => {
    expect(heapRequestOf({ hugePageHints: given })).toEqual({ heap: { hugePageHints } });
  });
});

describe('what fits together', () => {
  it.each([
    [
      "option scavenger: 'age', which lists brings, needs x",
      '; choose another scavenger: --scavenger background',
    ],
    [
      "configuration 'a': option scavenger: 'age', which lists brings, needs x",
      '; choose another scavenger: scavenger=background',
    ],
    ["option scavenger: 'age' needs x", 'needs x; choose another scavenger: --scavenger background'],
    ['option scavenger: must be one of x', 'must be one of x'],
  ])('%s', (message, end) => {
    const value = message.includes("'age'") ? 'age' : 'x';
    const said = inFlags(new PageHeapError('ERR_INVALID_OPTION', message, { value, option: 'scavenger' }));
    expect(said.endsWith(end)).toBe(true);
    expect(said).toContain('--scavenger: ');
  });

  it.each([
    ['ERR_INVALID_OPTION', "configuration 'radix,gcPercent=5': there is no option gcPercent; there are gogc"],
    ['ERR_PAGE_HEAP', 'the page heap Mine threw in alloc: late option gcPercent'],
  ] as const)('an option in the words of another is left: %s', (code, message) => {
    expect(inFlags(new PageHeapError(code, message))).toBe(message);
  });

  it('is what the heap itself says of it', () => {
    expect(() => resolveDesign({ generation: 'lists', pageHeap: 'radix' })).toThrow(
      /^option scavenger: 'age', which lists brings,/,
    );
  });
});
