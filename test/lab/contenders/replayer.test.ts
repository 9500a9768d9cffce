import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RemoteHeap } from '../../../lib/lab/contenders/remote-heap.ts';
import { Replayer } from '../../../lib/lab/contenders/replayer.ts';
import type { Hello } from '../../../lib/lab/contenders/wire.ts';
import { libcFamily, replayerFile } from '../../../lib/os/replayer.ts';
import { sendSignal } from '../../support/signals.ts';

const program = { contender: 'libc', file: replayerFile(), env: { LD_PRELOAD: '' }, settings: {} };
const open: Replayer[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function start(patience?: number): Replayer {
  const replayer = new Replayer(program, patience);
  open.push(replayer);
  return replayer;
}

function heapOf(replayer: Replayer, threads = 1): RemoteHeap {
  return new RemoteHeap(replayer, { name: 'libc', settings: {}, threads, roundUpSize: (size) => size });
}

const mib = 2 ** 20;

describe('the native replayer', () => {
  it('says who it is, and answers for exactly the operations until then', () => {
    const heap = heapOf(start());
    expect(heap.hello.allocator).toBe(libcFamily() === 'glibc' ? 'glibc' : 'libc');
    for (let i = 1; i <= 1000; i++) heap.malloc(i);
    heap.sample();
    expect(heap.answer).toMatchObject({ op: 1000, own: 4096 * 16 });
    heap.malloc(1);
    heap.sample();
    expect(heap.answer?.op).toBe(1001);
  });

  it('carries out nothing again where a signal handler interrupts its waiting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pageheap-signals-'));
    try {
      const library = join(folder, 'handler.so');
      const source = `
        #include <signal.h>
        static void nothing(int signal) { (void)signal; }
        __attribute__((constructor)) static void handle(void) {
          struct sigaction action = {.sa_handler = nothing};
          sigaction(SIGUSR1, &action, 0);
        }`;
      const built = spawnSync('cc', ['-shared', '-fPIC', '-xc', '-', '-o', library], { input: source });
      if (built.status !== 0) return;
      const replayer = new Replayer({ ...program, env: { LD_PRELOAD: library } });
      open.push(replayer);
      const heap = heapOf(replayer);
      for (let i = 1; i <= 100; i++) heap.malloc(i);
      heap.sample();
      for (let i = 0; i < 20; i++) {
        sendSignal(replayer.pid, 'SIGUSR1');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      heap.malloc(1);
      heap.sample();
      expect(heap.answer?.op).toBe(101);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('makes resident what is touched, and gives it back', () => {
    const replayer = start();
    const heap = heapOf(replayer);
    const resident = (): number => {
      heap.sample();
      return replayer.process.processMemory().resident;
    };
    const before = resident();
    const untouched = heap.malloc(64 * mib);
    expect(resident() - before).toBeLessThan(mib);
    const touched = heap.malloc(64 * mib);
    heap.touchPages(touched, 0, 64 * mib);
    expect(resident() - before).toBeGreaterThan(63 * mib);
    const grown = heap.resize(untouched, 64 * mib, 96 * mib);
    heap.touch(grown, 64 * mib, 32 * mib);
    expect(resident() - before).toBeGreaterThan(95 * mib);
    heap.drop(touched);
    heap.drop(grown);
    heap.freeOSMemory();
    expect(resident() - before).toBeLessThan(2 * mib);
  });

  it('takes threads in their order, and frees of what another one allocated', () => {
    const heap = heapOf(start(), 5);
    const held: number[] = [];
    for (let i = 0; i < 2000; i++) {
      heap.selectThread(i % 5);
      held.push(heap.malloc(1 + (i % 300)));
      if (held.length > 100) {
        heap.selectThread((i + 1) % 5);
        heap.drop(held.shift() ?? 0);
      }
    }
    heap.sample();
    expect(heap.answer?.op).toBe(2000 + 1900);
  });

  it('grows its table, and tells what it takes', () => {
    const heap = heapOf(start());
    for (let i = 0; i < 10_000; i++) heap.malloc(1);
    heap.sample();
    expect(heap.answer?.own).toBe(16_384 * 16);
  });
});

describe('a replayer that fails', () => {
  const failure = (what: () => unknown): unknown => {
    try {
      what();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('for want of memory says for how much', () => {
    const heap = heapOf(start());
    heap.malloc(2 ** 46);
    expect(failure(() => heap.sample())).toMatchObject({
      code: 'ERR_OUT_OF_MEMORY',
      value: 2 ** 46,
      message: `libc gave no memory for an object of ${2 ** 46} bytes`,
    });
  });

  it('is known by the signal that ended it, also where it is only written to', () => {
    const replayer = start();
    const heap = heapOf(replayer);
    heap.sample();
    sendSignal(replayer.pid, 'SIGKILL');
    const ended = {
      code: 'ERR_SYSTEM',
      message: expect.stringMatching(/replayer of libc was ended by SIGKILL \(/),
    };
    expect(failure(() => heap.sample())).toMatchObject(ended);
    expect(
      failure(() => {
        for (let i = 0; i < 100_000; i++) heap.malloc(1);
      }),
    ).toMatchObject(ended);
  });

  it('is ended where it hangs: gives no answer, or takes nothing', () => {
    const silent = start(700);
    const heap = heapOf(silent);
    sendSignal(silent.pid, 'SIGSTOP');
    expect(failure(() => heap.sample())).toMatchObject({
      message: expect.stringMatching(/given no answer for/),
    });
    const full = start(700);
    const other = heapOf(full);
    sendSignal(full.pid, 'SIGSTOP');
    expect(
      failure(() => {
        for (let i = 0; i < 1_000_000; i++) other.malloc(1);
      }),
    ).toMatchObject({ message: expect.stringMatching(/taken no operation for/) });
  });

  it('cannot be started where there is no such file', () => {
    const replayer = new Replayer({ ...program, file: '/nowhere/pageheap-replay' });
    open.push(replayer);
    expect(failure(() => replayer.answer<Hello>())).toMatchObject({
      code: 'ERR_SYSTEM',
      message: expect.stringContaining('cannot be started'),
    });
  });

  it('is gone when it is closed', async () => {
    const replayer = start();
    const heap = heapOf(replayer);
    heap.sample();
    const pid = replayer.pid;
    heap.dispose();
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  });
});
