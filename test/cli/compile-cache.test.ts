import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type CompileCache, keepCompiledCode } from '../../lib/cli/compile-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-compiled-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** A Node that has the cache, and what it was asked. */
function nodeWith(status: number): { node: CompileCache; asked: string[] } {
  const asked: string[] = [];
  const node: CompileCache = {
    constants: { compileCacheStatus: { ENABLED: 1 } },
    enableCompileCache(at) {
      asked.push(at);
      return { status };
    },
  };
  return { node, asked };
}

describe('compiled code', () => {
  it('is kept in the cache folder, by the processes of runs too', () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    const { node, asked } = nodeWith(1);
    const env: NodeJS.ProcessEnv = {};
    keepCompiledCode(node, env);
    const at = join(folder, 'cache', 'pageheap', 'compiled');
    expect([asked, env.NODE_COMPILE_CACHE]).toEqual([[at], at]);
    expect(existsSync(at)).toBe(true);
  });

  it.each<[string, () => [CompileCache, NodeJS.ProcessEnv, string[]], string[]]>([
    ['where Node has no cache', () => [{}, {}, []], []],
    [
      'where the user has chosen a folder',
      () => {
        const { node, asked } = nodeWith(1);
        return [node, { NODE_COMPILE_CACHE: '/chosen' }, asked];
      },
      [],
    ],
  ])('is left to Node %s', (_what, make, expected) => {
    const [node, env, asked] = make();
    const before = { ...env };
    keepCompiledCode(node, env);
    expect([asked, env]).toEqual([expected, before]);
  });

  // Where Node would look for ever for a folder that is there.
  it('is not kept where no folder can be made', () => {
    const { node, asked } = nodeWith(1);
    for (const home of ['/proc', '/proc/none', '/dev/null']) {
      vi.stubEnv('XDG_CACHE_HOME', home);
      keepCompiledCode(node, {});
      vi.stubEnv('XDG_CACHE_HOME', '');
      vi.stubEnv('HOME', home);
      keepCompiledCode(node, {});
    }
    keepCompiledCode(node, { NODE_DISABLE_COMPILE_CACHE: '1', XDG_CACHE_HOME: folder });
    expect(asked).toEqual([]);
  });

  it('is not kept where it cannot be, and nothing is made', () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    const env: NodeJS.ProcessEnv = {};
    keepCompiledCode(nodeWith(0).node, env);
    expect(env).toEqual({});
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'none', 'cache'));
    const { node, asked } = nodeWith(1);
    keepCompiledCode(node, env);
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('HOME', '');
    keepCompiledCode(node, env);
    expect([asked, env, existsSync(join(folder, 'none'))]).toEqual([[], {}, false]);
  });
});
