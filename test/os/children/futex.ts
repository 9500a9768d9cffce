/** A thread that sleeps on a word of shared memory and answers what woke it. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../../../lib/os/addon.ts';

const { word, length } = workerData as { word: number; length: number };
const addon = loadAddon();
const words = new Int32Array(addon.view(word, length)!);
parentPort!.postMessage({ thread: addon.threadId() });

// Hands the turn on until told to end: 0 is the parent's turn, 1 the thread's, 2 the end.
let turns = 0;
for (;;) {
  while (Atomics.load(words, 0) === 0) addon.futexWait(word, 0, 50e6);
  if (Atomics.load(words, 0) === 2) break;
  turns++;
  Atomics.add(words, 1, 1);
  Atomics.store(words, 0, 0);
  addon.futexWake(word, 1);
}
parentPort!.postMessage({ turns });
