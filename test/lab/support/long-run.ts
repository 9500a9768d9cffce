/** A run file of hours, to test that a report of it stays small and loses no peak. */

import { randomNumbers, syntheticRun } from './synthetic-run.ts';

const mib = 1024 * 1024;
const arenaPages = 8192;
/** What the one sample that is a spike has for RSS. */
export const spike = 900 * mib;

/** A long run: hours of samples at a tenth of a second, thousands of events, many page maps. */
export function longRun(hours: number): Record<string, unknown>[] {
  const random = randomNumbers(7);
  const [header] = syntheticRun({ replay: 0.1, idle: 0.1, peakMiB: 8, name: 'ten hours' });
  const lines: Record<string, unknown>[] = [header];
  const samples = hours * 36_000;
  const pages = 8 * arenaPages;
  for (let i = 0; i < samples; i++) {
    const t = i * 100;
    const inuse = (200 + 150 * Math.sin(i / 9000) + Math.floor(random() * 30)) * mib;
    const free = Math.floor(random() * 40) * mib;
    // One sample alone is a spike: thinning must not lose it.
    const rss = i === Math.floor(samples / 3) ? spike : inuse + free - Math.floor(random() * 4096) * 4096;
    lines.push({
      k: 's',
      t,
      phase: i < samples * 0.8 ? 'replay' : 'idle',
      ops: i * 100,
      inuse,
      free,
      released: 512 * mib - inuse - free,
      sys: 512 * mib,
      alloc: inuse * 0.9,
      goal: inuse * 2,
      limit: 2 ** 63,
      rss,
      prss: rss + 60 * mib,
      minflt: i * 30,
      majflt: 0,
      madv: i * 2,
      madvB: i * 65536,
      madvNs: i * 18000,
      gcs: Math.floor(i / 60),
      cost: 400_000,
      missed: 0,
      vmas: 200,
    });
    if (i % 60 === 0) {
      lines.push({
        k: 'gc',
        t,
        n: i / 60 + 1,
        forced: false,
        line: `gc ${i / 60 + 1} @${t / 1000}s 1%: 0+1.2+0 ms clock`,
        heap0: inuse,
        live: inuse / 2,
        ms: 1.2,
      });
    }
    if (i % 7 === 0) {
      lines.push({
        k: 'scav',
        t,
        kind: 'bg',
        bytes: 65536,
        line: 'scav 64 KiB work (bg), 0 KiB work (eager), 90 KiB now, 50% util',
      });
    }
    if (i % 3000 === 0) {
      const state = Buffer.alloc(pages);
      const resident = Buffer.alloc(pages);
      for (let page = 0; page < pages; page++) {
        state[page] = 1 + Math.floor(random() * 3);
        resident[page] = state[page] === 2 ? 0 : 2;
      }
      const bits = { state: state.toString('base64'), resident: resident.toString('base64') };
      lines.push({ k: 'map', t, label: `minute ${t / 60_000}`, origin: 0xc000000000, pages, bits });
    }
  }
  return lines;
}
