/**
 * The native parts for musl. No Node for musl is to be had from npm, so each part is loaded by musl's own loader, in a
 * small program that has Node's functions as stubs. Only this is shown by it: that nothing of glibc is wanted.
 *
 * It takes what scripts/prebuild.js has built, and Debian's packages musl-tools and binutils.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const prebuilds = fileURLToPath(new URL('../../../prebuilds/', import.meta.url));
const parts = existsSync(prebuilds)
  ? readdirSync(prebuilds, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /-musl\/pageheap/.test(name),
    )
  : [];
const folder = mkdtempSync(join(tmpdir(), 'pageheap-musl-'));
afterAll(() => rmSync(folder, { recursive: true }));
const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

describe.skipIf(parts.length === 0 || !has('readelf'))('built for musl', () => {
  it.each(parts)('%s names no library but musl’s', (name) => {
    const dynamic = execFileSync('readelf', ['-d', join(prebuilds, name)], { encoding: 'utf8' });
    const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library]) => library);
    expect(needed.filter((library) => library !== 'libc.so')).toEqual([]);
    const versions = execFileSync('readelf', ['-V', join(prebuilds, name)], { encoding: 'utf8' });
    expect(versions).not.toContain('GLIBC');
  });

  const ours = parts.filter((name) => name.startsWith(`linux-${process.arch}`));
  const hosted = ours.filter((name) => !name.endsWith('.so'));
  it.skipIf(!has('musl-gcc')).each(hosted)('%s is loaded by musl', (name) => {
    const wanted = execFileSync('readelf', ['-sW', '--dyn-syms', join(prebuilds, name)], {
      encoding: 'utf8',
    });
    const stubs = new Set([...wanted.matchAll(/ UND (napi_\w+)/g)].map(([, symbol]) => symbol));
    writeFileSync(
      join(folder, 'host.c'),
      `#include <dlfcn.h>\n#include <stdio.h>\n${[...stubs].map((symbol) => `int ${symbol}(void) { return 9; }`).join('\n')}
int main(int n, char **words) {
  void *part = dlopen(words[1], RTLD_NOW);
  puts(part == NULL ? dlerror() : "loaded");
  return part == NULL;
}\n`,
    );
    const host = join(folder, 'host');
    execFileSync('musl-gcc', ['-rdynamic', '-w', '-o', host, join(folder, 'host.c')]);
    const { status, stdout } = spawnSync(host, [join(prebuilds, name)], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, 'loaded\n']);
  });

  // Its threads' variables have their places when a program begins: it is preloaded, and never loaded later.
  it.skipIf(!has('musl-gcc')).each(ours.filter((name) => name.endsWith('.so')))(
    '%s records a program of musl',
    (name) => {
      writeFileSync(
        join(folder, 'program.c'),
        '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { void *p = malloc(4242); free(p); return puts("well") < 0; }\n',
      );
      const program = join(folder, 'program');
      execFileSync('musl-gcc', ['-fno-builtin', '-o', program, join(folder, 'program.c')]);
      const raw = mkdtempSync(join(folder, 'raw-'));
      const library = join(prebuilds, name);
      const env = { LD_PRELOAD: library, PAGEHEAP_RECORD: raw, PAGEHEAP_RECORDER: library };
      expect(spawnSync(program, { env, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stdout: 'well\n',
        stderr: '',
      });
      const files = readdirSync(raw);
      expect(files).toHaveLength(1);
      const words = new Uint32Array(readFileSync(join(raw, files[0]!)).buffer.slice(4096));
      // The size of an allocation.
      expect(words.includes(4242)).toBe(true);
    },
  );
});
