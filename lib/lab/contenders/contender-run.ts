/**
 * A run on an allocator of others: the run as always (run/run.ts), with a heap in another process and a kernel that
 * looks at that one.
 */
import { existsSync, realpathSync } from 'node:fs';
import { roundUpSizeBy, sizeClassTablesByName } from '../../alloc/size-classes.ts';
import { PageHeapError } from '../../base/errors.ts';
import { type Preload, preloadOf } from '../../os/preload.ts';
import { makeRun, type RunHooks } from '../run/run.ts';
import type { ReplayerProgram, RunOptions, RunResult } from '../run/run-options.ts';
import { runLiveness } from '../subject/run-liveness.ts';
import { type SubjectRequest, traceName } from '../subject/subject-request.ts';
import { isPageTrace } from '../trace/page-events.ts';
import { workloads } from '../workloads/index.ts';
import { asItRanName, recordedMemory, writeAsItRan } from './as-it-ran.ts';
import { RemoteHeap } from './remote-heap.ts';
import { RemoteKernel } from './remote-kernel.ts';
import { Replayer } from './replayer.ts';

/** A library that cannot be preloaded is passed over by the linker, with a word on standard error. */
function checkLoaded({ contender, loads }: ReplayerProgram, library: string): void {
  if (loads === undefined || (existsSync(library) && realpathSync(library) === loads)) return;
  throw new PageHeapError(
    'ERR_SYSTEM',
    `contender ${contender}: ${loads} was not loaded as the malloc of its replayer; that is of ${library || 'the program'}`,
    { value: loads },
  );
}

/** @throws PageHeapError ERR_INVALID_OPTION for what an allocator of others cannot be run on: pages, and objects found by pointers */
export async function checkContended({ trace, workload }: SubjectRequest, contender: string): Promise<void> {
  if (contender === asItRanName) await recordedMemory(trace);
  const name = workload?.name ?? traceName(trace ?? '');
  if (trace !== undefined && (await isPageTrace(trace)))
    throw new PageHeapError('ERR_INVALID_OPTION', `${name} is a trace of pages, which no contender takes`, {
      value: name,
    });
  if (runLiveness({ ...(workload === undefined ? {} : { workload }) }, undefined, workloads) === 'tracing')
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `${name} drops nothing, it needs a heap that traces: no contender does`,
      {
        value: name,
      },
    );
}

/** @throws PageHeapError as `makeRun`, and what `Replayer` throws */
export async function makeContenderRun(options: RunOptions, hooks: RunHooks = {}): Promise<RunResult> {
  const { contender } = options;
  if (contender === undefined) throw new PageHeapError('ERR_INVALID_OPTION', 'a contender must be given');
  if (contender.contender === asItRanName) return writeAsItRan(options);
  const kernel = new RemoteKernel();
  // The options of a heap are not this allocator's.
  const { heap: _heap, modules: _modules, ...others } = options;
  let replayer: Replayer | undefined;
  let preload: Preload | undefined;
  try {
    return await makeRun(others, {
      ...hooks,
      kernel,
      makeHeap: (_options, _page, ps, told) => {
        const { threadsIn, env, settings, loads } = contender;
        // A trace that tells of no threads is one thread's, as on a heap of here, of whose Ps one then works.
        const threads = told === undefined && (options.processors ?? 0) === 0 ? 1 : ps;
        const own =
          threadsIn === undefined || env[threadsIn] !== undefined ? {} : { [threadsIn]: String(threads) };
        if (loads !== undefined) preload = preloadOf(loads);
        const named = preload === undefined ? {} : { LD_PRELOAD: preload.path };
        const started = new Replayer({ ...contender, env: { ...env, ...own, ...named } });
        replayer = started;
        try {
          const remote = new RemoteHeap(started, {
            name: contender.contender,
            settings: {
              ...settings,
              ...(threadsIn === undefined ? {} : { ps: Number(own[threadsIn] ?? env[threadsIn]) }),
            },
            threads,
            ...(loads === undefined ? {} : { library: loads }),
            roundUpSize: (size) => roundUpSizeBy(sizeClassTablesByName['go1.21'], size),
          });
          checkLoaded(contender, remote.hello.library);
          kernel.watch(started.process, remote);
          return remote;
        } catch (error) {
          started.close();
          throw error;
        }
      },
    });
  } finally {
    await replayer?.gone;
    preload?.remove();
  }
}
