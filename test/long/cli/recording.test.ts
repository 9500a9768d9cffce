/**
 * Recordings of programs that do much at once: the order of many threads, ends by force at any time, forks in between.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { surroundings } from '../../../lib/lab/recorder/surroundings.ts';
import { recorderLibrary } from '../../../lib/os/recorder.ts';
import { pageheap } from '../../cli/spawn.ts';
import { childrenOf, compileScenes, told } from '../../lab/recorder/scenes.ts';

let folder = '';
let scenes = '';

beforeAll(() => {
  ({ folder, program: scenes } = compileScenes());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('eight threads that pass objects on keep their order, over millions of operations', async () => {
  await pageheap(['record', '-o', 'threads.rec.gz', '--', scenes, 'threads', '500000'], { cwd: folder });
  const { ops, threads, twice, unknown } = await told(join(folder, 'threads.rec.gz'));
  expect([threads, twice, unknown]).toEqual([9, 0, 0]);
  expect(ops).toBeGreaterThan(7_500_000);
});

it('whenever a program is killed, what it did until then is there, in order', async () => {
  for (let n = 0; n < 40; n++) {
    const raw = join(folder, `raw-${n}`);
    mkdirSync(raw);
    const child = spawn(scenes, ['threads', '5000000'], {
      env: surroundings(process.env, recorderLibrary(), raw),
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20 + ((n * 37) % 400)));
    child.kill('SIGKILL');
    await ended;
    const [file] = readdirSync(raw);
    const { twice, unknown, ops } = await told(join(raw, file));
    // A record that was drawn and not written is one operation less for each thread, at most.
    expect(twice + unknown, `after ${ops} operations`).toBeLessThanOrEqual(0);
    rmSync(raw, { recursive: true });
  }
});

it('a hundred forks between threads have a sound file each', async () => {
  await pageheap(['record', '-o', 'forks.rec.gz', '--', scenes, 'fork-threads', '100'], { cwd: folder });
  const children = childrenOf(folder, 'forks');
  expect(children).toHaveLength(100);
  for (const child of children) expect((await told(child)).sizes.get(10141)).toBe(50);
  expect((await told(join(folder, 'forks.rec.gz'))).twice).toBe(0);
});

it('a program of thousands of short threads has a number for each', async () => {
  const program = join(folder, 'many');
  execFileSync('cc', ['-xc', '-O1', '-pthread', '-fno-builtin', '-o', program, '-'], {
    input:
      '#include <pthread.h>\n#include <stdlib.h>\nstatic void *work(void *p) { free(malloc(50021)); return p; }\n' +
      'int main(void) { for (int i = 0; i < 70000; i++) { pthread_t t; pthread_create(&t, 0, work, 0); pthread_join(t, 0); } return 0; }\n',
  });
  await pageheap(['record', '-o', 'many.rec.gz', '--', program], { cwd: folder });
  const { sizes, twice } = await told(join(folder, 'many.rec.gz'));
  expect([sizes.get(50021), twice]).toEqual([70_000, 0]);
});
