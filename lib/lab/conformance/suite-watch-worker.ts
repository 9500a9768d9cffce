/**
 * The watch beside the suite: a thread that sees whether the calls go on, and ends the process when one does not.
 *
 * A call that does not end keeps its thread for ever, and nothing of this package runs there any more. But V8 can be
 * stopped from another thread, as by a debugger: so it is known at which places of the page heap's files it was.
 *
 * What the thread waited for a processor is not the call's fault, and does not count.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { type Frame, placesOf } from '../../base/places.ts';
import { writeJournal } from './journal.ts';

export interface WatchData {
  /** The count of the calls. */
  readonly count: Int32Array;
  /** Milliseconds that one may take, without those that it waits for a processor. */
  readonly limit: number;
}

/** What is used of what V8 tells of a script. */
interface Parsed {
  readonly params: { readonly scriptId: string; readonly url: string };
}

/** And when it has stopped. */
interface Paused {
  readonly params: {
    readonly callFrames: readonly {
      readonly functionName: string;
      readonly location: {
        readonly scriptId: string;
        readonly lineNumber: number;
        readonly columnNumber?: number;
      };
      readonly this?: { readonly className?: string };
    }[];
  };
}

const { count, limit } = workerData as WatchData;
const lookMs = 50;
/** How long V8 may take to stop. */
const stopMs = 5000;

function end(at: readonly string[]): void {
  writeJournal({ k: 'stuck', at });
  process.kill(process.pid, 'SIGKILL');
}

/** As a stack has it: `Mine.alloc`, `new Mine`. */
function nameOf(functionName: string, className = 'Object'): string {
  if (functionName === '' || className === 'Object') return functionName;
  return functionName === className ? `new ${className}` : `${className}.${functionName}`;
}

function stop(): void {
  setTimeout(() => end([]), stopMs);
  const session = new Session();
  session.connectToMainThread();
  const files = new Map<string, string>();
  session.on('Debugger.scriptParsed', (message: unknown) => {
    const { scriptId, url } = (message as Parsed).params;
    files.set(scriptId, url);
  });
  session.on('Debugger.paused', (message: unknown) => {
    const { callFrames } = (message as Paused).params;
    end(
      placesOf(
        callFrames.map(
          ({ functionName, location: { scriptId, lineNumber, columnNumber = 0 }, this: self }): Frame => {
            const name = nameOf(functionName, self?.className);
            return { name, file: files.get(scriptId) ?? '', line: lineNumber + 1, column: columnNumber + 1 };
          },
        ),
      ),
    );
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

/** Milliseconds that the main thread waited for a processor; 0 where the kernel does not say. */
function waited(): number {
  try {
    return Number(readFileSync(`/proc/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6 || 0;
  } catch {
    return 0;
  }
}

/** The clock of the main thread: it stands still while that waits for a processor. */
const clock = (): number => performance.now() - waited();

let last = count[0];
let since = clock();
const timer = setInterval(() => {
  const now = clock();
  if (count[0] !== last) {
    last = count[0];
    since = now;
  } else if (now - since > limit) {
    clearInterval(timer);
    stop();
  }
}, lookMs);
