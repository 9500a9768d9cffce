/**
 * The watch beside the suite: a thread that sees whether the calls go on, and ends the process when one does not.
 *
 * A call that does not end keeps its thread for ever, and nothing of this package runs there any more. But V8 can be
 * stopped from another thread, as by a debugger: so it is known at which places of the page heap's files it was.
 */
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { type Frame, placesOf } from '../subject/places.ts';
import { writeJournal } from './journal.ts';

export interface WatchData {
  /** The count of the calls. */
  readonly count: Int32Array;
  /** Milliseconds that one may take. */
  readonly limit: number;
}

/** What is used of what V8 tells when it has stopped. */
interface Paused {
  readonly params: {
    readonly callFrames: readonly {
      readonly functionName: string;
      readonly url: string;
      readonly location: { readonly lineNumber: number; readonly columnNumber?: number };
      readonly this?: { readonly className?: string };
    }[];
  };
}

const { count, limit } = workerData as WatchData;
const lookMs = 50;
/** How long V8 may take to stop. */
const stopMs = 2000;

function end(at: readonly string[]): void {
  writeJournal({ k: 'stuck', at });
  process.kill(process.pid, 'SIGKILL');
}

function frameOf({ functionName, url, location, this: self }: Paused['params']['callFrames'][number]): Frame {
  const of = self?.className;
  const name =
    functionName === '' || of === undefined || of === 'Object' ? functionName : `${of}.${functionName}`;
  return { name, file: url, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 };
}

function stop(): void {
  setTimeout(() => end([]), stopMs);
  const session = new Session();
  session.connectToMainThread();
  session.on('Debugger.paused', (message: unknown) =>
    end(placesOf((message as Paused).params.callFrames.map(frameOf))),
  );
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

let last = count[0];
let since = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  if (count[0] !== last) {
    last = count[0];
    since = now;
  } else if (now - since > limit) {
    clearInterval(timer);
    stop();
  }
}, lookMs);
