/**
 * Loaded into both processes of a pair before anything else: they take turns, and their clock is their own.
 *
 * On a machine that does other things, a second later is another machine: processes that ran one after the
 * other differed by a quarter. So both live at once and only one works, a few milliseconds at a time; whatever
 * slows the machine meets both alike. The clock, `performance.now`, is where a process hands over, since every
 * entry reads it between its measurements. It tells neither what the process waited for its turn, nor what it
 * waited for a processor that others used (the kernel's `run_delay` of the thread). So an entry need not
 * know of this, and one of an older commit works as well.
 *
 * Turns are bytes in pipes: descriptor 3 brings this process its turn, 4 gives it to the other. `e` means that
 * the other has ended, whether well or not; pair.ts writes it.
 *
 * What stays unequal: code that reads no clock for long keeps its turn as long. Clocks of the library itself go
 * on meanwhile, so a background task that is paced by time finds more of it; on both sides alike.
 */

import { openSync, readSync, writeSync } from 'node:fs';

/** Long beside what a change of process costs the caches, short beside what other programs do. */
const turnMs = 3;
/** The scheduler takes a processor away for milliseconds: in less time there is no delay to ask for. */
const undisturbedMs = 1;
const end = 'e'.charCodeAt(0);

const clock = performance.now.bind(performance);
const turn = new Uint8Array(1);
const text = Buffer.alloc(96);
const statistics = openStatistics();

/** Until when the clock was read, and what is taken off it. */
let last = 0;
let waited = 0;
let delayed = 0;
let told = Number.NEGATIVE_INFINITY;
let isAlone = false;
let began = 0;

/** Absent where the kernel keeps none. */
function openStatistics(): number | undefined {
  try {
    return openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return undefined;
  }
}

/** Milliseconds that this thread could have run and had no processor. */
function delay(): number {
  if (statistics === undefined) return 0;
  const length = readSync(statistics, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

function waitForTurn(): void {
  if (readSync(3, turn, 0, 1, null) !== 1 || turn[0] === end) isAlone = true;
  delayed = delay();
  began = clock();
  last = began;
}

function now(): number {
  const time = clock();
  if (time - last > undisturbedMs) {
    const until = delay();
    waited += until - delayed;
    delayed = until;
  }
  last = time;
  // The kernel tells of a delay when it is over: a part of it may lie before the last reading, and no clock goes back.
  told = Math.max(told, time - waited);
  const own = told;
  if (!isAlone && time - began >= turnMs) {
    writeSync(4, 't');
    waitForTurn();
    waited += began - time;
  }
  return own;
}

waitForTurn();
Object.defineProperty(performance, 'now', { value: now, writable: true, configurable: true });
