/**
 * Later Nodes than the one that runs the tests, as npm has them now: their engines and their own code change what the addon meets.
 * A clone's compiled form and addon are what runs. Without a registry nothing is tried, and that is said.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const versions = ['22', '24', '26'] as const;
const folder = mkdtempSync(join(tmpdir(), 'pageheap-nodes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Node of a version; undefined where npm cannot have it. */
function nodeOf(version: string): string | undefined {
  const args = ['install', '--prefix', join(folder, version), '--no-audit', '--no-fund', `node@${version}`];
  const { status } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? join(folder, version, 'node_modules', 'node', 'bin', 'node') : undefined;
}

/** What a program does with heaps: of each generation, of either liveness, on two threads, looked at, and disposed of. */
const program = `
  import { inspect } from 'node:util';
  import { Worker, isMainThread, workerData, parentPort } from 'node:worker_threads';
  import { Heap } from ${JSON.stringify(pathToFileURL(resolve('dist/lib/index.js')).href)};
  if (isMainThread) {
    for (const generation of ['lists', 'treap', 'radix'])
      for (const liveness of ['explicit', 'tracing'])
        for (let i = 0; i < 5; i++) {
          const heap = new Heap({ environment: false, generation, liveness });
          const address = heap.malloc(100);
          const view = heap.view(address, 100);
          view[3] = 7;
          inspect(heap, { showHidden: true, depth: 3 });
          try { structuredClone(view.buffer, { transfer: [view.buffer] }); } catch {}
          if (heap.read(address + 3, 1)[0] !== 7) throw new Error('what was written is gone');
          if (liveness === 'explicit') heap.drop(address);
          heap.gc();
          heap.check(3);
          heap.dispose();
        }
    const heap = new Heap({ environment: false });
    const worker = new Worker(new URL(import.meta.url), { workerData: heap.share() });
    worker.on('message', (bytes) => {
      heap.dispose();
      console.log(process.version, bytes);
    });
  } else {
    const heap = Heap.attach(workerData);
    heap.malloc(1000);
    const bytes = heap.readMemStats().Mallocs;
    heap.dispose();
    parentPort.postMessage(bytes);
  }
`;

describe.each(versions)('Node %s', (version) => {
  const node = nodeOf(version);

  test.runIf(node !== undefined)(
    'makes heaps, shares, looks at and disposes of them; and the command runs',
    () => {
      const file = join(folder, `heaps-${version}.mjs`);
      writeFileSync(file, program);
      const made = spawnSync(node as string, [file], { encoding: 'utf8' });
      expect([made.status, made.signal, made.stderr, made.stdout]).toEqual([
        0,
        null,
        '',
        expect.stringMatching(new RegExp(`^v${version}\\.\\S+ 1\\n$`)),
      ]);
      const out = join(folder, `runs-${version}`);
      const words = ['run', 'perl', '--duration', '0', '--idle', '0', '--no-report', '--out', out];
      const ran = spawnSync(node as string, [resolve('bin/pageheap.js'), ...words], { encoding: 'utf8' });
      expect([ran.status, ran.stderr]).toEqual([0, expect.not.stringContaining('FATAL')]);
      expect(ran.stdout + ran.stderr).toContain('given back');
    },
  );

  test.skipIf(node !== undefined)('was not tried: npm cannot have it here', () => {
    expect(node).toBeUndefined();
  });
});
