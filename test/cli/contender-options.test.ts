import { describe, expect, it } from 'vitest';
import { namesContender, parseContender } from '../../lib/cli/contender-options.ts';

const none = { heap: {} };

describe('a contender on the command line', () => {
  it.each<[string, object]>([
    ['glibc', { label: 'glibc', contender: { name: 'glibc' } }],
    ['mine:jemalloc', { label: 'mine', contender: { name: 'jemalloc' } }],
    [
      'a b:jemalloc,MALLOC_CONF=background_thread:true,dirty_decay_ms:0',
      {
        label: 'a b',
        contender: {
          name: 'jemalloc',
          variables: { MALLOC_CONF: 'background_thread:true,dirty_decay_ms:0' },
        },
      },
    ],
    [
      'jemalloc,MALLOC_CONF=a:1,b:2,library=./x.so',
      { contender: { name: 'jemalloc', library: './x.so', variables: { MALLOC_CONF: 'a:1,b:2' } } },
    ],
    [
      'go,gogc=off,memory-limit=64MiB,ps=2,toolchain=/go',
      { contender: { name: 'go', gcPercent: -1, memoryLimit: 64 * 2 ** 20, ps: 2, toolchain: '/go' } },
    ],
    ['go,ps=0', { contender: { name: 'go' } }],
    ['as-it-ran', { contender: { name: 'as-it-ran' } }],
  ])('%s', (text, made) => {
    expect(namesContender(text)).toBe(true);
    expect(parseContender(text, none)).toMatchObject(made);
  });

  it('go has what every heap has, unless it says otherwise; malloc has nothing of it', () => {
    const base = { heap: { gcPercent: 50, memoryLimit: 1e9, advise: 'free' } } as const;
    expect(parseContender('go,gogc=80', base).contender).toEqual({
      name: 'go',
      gcPercent: 80,
      memoryLimit: 1e9,
    });
    expect(parseContender('glibc', base).contender).toEqual({ name: 'glibc' });
  });

  it.each<[string, RegExp]>([
    ['glibc,', /an empty option/],
    ['glibc,trim', /trim needs a value/],
    ['glibc,advise=free', /glibc has no option advise; it has library, and variables of its environment/],
    ['go,library=x', /go has no option library; it has gogc, memory-limit, ps, toolchain/],
    ['go,gogc=abc', /gogc=abc: it takes an integer/],
    ['go,gogc=', /gogc needs a value/],
    ['go,gogc=1,gogc=2', /gogc is said twice/],
  ])("'%s' is refused", (text, message) => {
    expect(() => parseContender(text, none)).toThrow(message);
    expect(() => parseContender(text, none)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  });

  it.each(['radix', 'glibc2', 'page-heap=./go', 'label:radix,advise=free', ''])("'%s' names none", (text) => {
    expect(namesContender(text)).toBe(false);
  });
});
