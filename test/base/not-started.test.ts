/** Processes whose program cannot be loaded: the system lets them read no module. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exitCodeOfLimit } from '../../lib/base/limits.ts';
import { notLoaded } from '../../lib/base/not-started.ts';

const { RunProcess } = (await import(
  /* @vite-ignore */ new URL('../../dist/lib/lab/run/run-process.js', import.meta.url).href
)) as typeof import('../../lib/lab/run/run-process.ts');

const folder = mkdtempSync(join(tmpdir(), 'pageheap-loading-'));
afterAll(() => rmSync(folder, { recursive: true }));
const program = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

it('a limit of the system crosses as an exit code', () => {
  for (const code of ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'])
    expect(notLoaded('it', exitCodeOfLimit(code) ?? 0)?.message).toContain(
      `it cannot load its program: ${code} (`,
    );
  expect(exitCodeOfLimit('ENOENT')).toBeUndefined();
  for (const code of [null, 0, 1, 70, 130, 219, 255]) expect(notLoaded('it', code)).toBeUndefined();
});

it('a run whose process may open too few files is told as that', async () => {
  // As Node throws it for a module of the program.
  const path = program(
    'few.mjs',
    `throw Object.assign(new Error('open'), { code: 'EMFILE', syscall: 'open' });`,
  );
  await expect(new RunProcess('ignore', path).outcome).rejects.toThrow(
    'the process of the run cannot load its program: EMFILE (this process may open no more files: see `ulimit -n`)',
  );
});

it('a program finds its own arguments', async () => {
  const path = program('ends.mjs', `process.exit(process.argv[1] === import.meta.filename ? 7 : 8);`);
  await expect(new RunProcess('ignore', path).outcome).resolves.toMatchObject({ code: 7 });
});
