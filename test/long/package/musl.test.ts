/**
 * The native parts for musl. No Node for musl is to be had from npm, so each part is loaded by musl's own loader, in a
 * small program that has Node's functions as stubs. Only this is shown by it: that nothing of glibc is wanted.
 *
 * It takes what scripts/prebuild.js has built, and Debian's packages musl-tools and binutils.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

  const hosted = parts.filter((name) => name.startsWith(`linux-${process.arch}`));
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
});
