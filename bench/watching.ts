/**
 * What it costs a run to be watched: CPU time of its process with one page open, and with none.
 *
 *     node dist/bench/watching.js [PAIRS [SECONDS [TRACES]]]
 *
 * Each pair is the same run twice, a trace replayed over SECONDS and then idle as long, both under the live server, which page is
 * open in one of them; which is first changes from pair to pair. The page is a client in this process that reads everything, as a
 * browser does: what a browser does with it costs the run nothing, and would make the machine busy. CPU time is that of all
 * threads of the run's process from its first sample to its last, by the scheduler's account, in nanoseconds. The machine should have
 * nothing else to do, and a processor for the server.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveRun } from '../lib/lab/live/live-run.ts';
import { LiveServer } from '../lib/lab/live/live-server.ts';
import { PagesWatch } from '../lib/lab/live/pages-watch.ts';
import { forkRun } from '../lib/lab/run/fork-run.ts';
import { RunControl } from '../lib/lab/run/run-control.ts';
import { RunProcess } from '../lib/lab/run/run-process.ts';
import { resolveTrace } from '../lib/lab/subject/shipped-traces.ts';
import { median } from './workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-watching-'));

/** CPU nanoseconds of all threads of a process; undefined when it has gone. */
function cpuOf(pid: number): number | undefined {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const ran = tasks.map((task) =>
      Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return ran.reduce((a, b) => a + b, 0);
  } catch {
    return undefined;
  }
}

interface Cost {
  readonly cpuNs: number;
  /** Page maps that the page was shown. */
  readonly maps: number;
}

async function runOnce(trace: string, seconds: number, isWatched: boolean): Promise<Cost> {
  const output = join(folder, 'run.jsonl');
  const own = new RunProcess();
  const control = new RunControl(own);
  const pages = new PagesWatch(control);
  const live = new LiveRun(control, output, pages);
  const server = await LiveServer.listen(live.watched, { html: '', policy: '' });
  const stop = new AbortController();
  let maps = 0;
  const watch = async (): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/run`, {
      headers: { Authorization: `Bearer ${server.token}` },
      signal: stop.signal,
    });
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>)
      maps += Buffer.from(bytes).toString('latin1').split('"map":').length - 1;
  };
  const watching = isWatched ? watch().catch(() => undefined) : undefined;
  let first: number | undefined;
  let last = 0;
  try {
    await forkRun(
      { trace, output, seconds, idle: seconds, steerable: true },
      {
        onProgress: (progress) => {
          live.progress(progress);
          pages.progress(progress);
          if (progress.sample === undefined) return;
          const cpu = cpuOf(own.child.pid ?? 0);
          first ??= cpu;
          last = cpu ?? last;
        },
      },
      own,
    );
  } finally {
    live.end('over');
    stop.abort();
    await watching;
    await server.close();
    live.watched.close();
  }
  return { cpuNs: last - (first ?? 0), maps };
}

const percent = (ratio: number): string =>
  `${ratio >= 1 ? '+' : '−'}${Math.abs((ratio - 1) * 100).toFixed(2)} %`;

async function measure(name: string, pairs: number, seconds: number): Promise<void> {
  const trace = resolveTrace(name);
  const ratios: number[] = [];
  const alone: number[] = [];
  let maps = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const costs: Cost[] = [];
    for (const isWatched of pair % 2 === 0 ? [false, true] : [true, false])
      costs[isWatched ? 1 : 0] = await runOnce(trace, seconds, isWatched);
    ratios.push(costs[1].cpuNs / costs[0].cpuNs);
    alone.push(costs[0].cpuNs);
    maps += costs[1].maps;
  }
  const range = `${percent(Math.min(...ratios))} to ${percent(Math.max(...ratios))}`;
  const each = (maps / pairs).toFixed(0);
  console.log(
    `${name.padEnd(14)} ${percent(median(ratios)).padStart(8)}  (${range})   ${(median(alone) / 1e9).toFixed(2)} s of CPU unwatched, ${each} page maps`,
  );
}

const pairs = Number(process.argv[2] ?? 7);
const seconds = Number(process.argv[3] ?? 8);
try {
  for (const name of (process.argv[4] ?? 'sqlite-ramp,git,perl').split(','))
    await measure(name, pairs, seconds);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
