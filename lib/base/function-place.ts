/**
 * Where a function stands: file, line and column of its text, asked of the engine.
 *
 * An error tells where it was thrown; a wrong answer was not thrown. To ask is for messages only: of a function from a file
 * that was not asked of before it takes some 100 ms, since the engine then names all files that it has.
 *
 * Not here: how a place is written (places.ts).
 */
import { Session } from 'node:inspector';
import { type Frame, placesOf } from './places.ts';

/** What `Runtime.getProperties` says of a function's text. */
interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** By this name the engine finds the function; only while it is asked. */
const handed = Symbol.for('pageheap.function-place');

/** Files by the number of their script, as far as the engine was asked. */
const files = new Map<string, string>();

/** What a function stands for, where one was put around it: the place is the inner one's. */
export const innerFunction: unique symbol = Symbol('inner function');

/** `mine.mjs:20:7`, or nothing where the engine does not tell, or the text is this package's. */
export function placeOfFunction(given: unknown): string | undefined {
  if (typeof given !== 'function') return undefined;
  const { [innerFunction]: code = given } = given as { [innerFunction]?: unknown };
  const globals = globalThis as Record<symbol, unknown>;
  const session = new Session();
  let frame: Frame | undefined;
  try {
    session.connect();
    globals[handed] = code;
    const expression = "globalThis[Symbol.for('pageheap.function-place')]";
    session.post('Runtime.evaluate', { expression }, (_error, answer) => {
      const { objectId } = answer?.result ?? {};
      if (objectId === undefined) return;
      session.post('Runtime.getProperties', { objectId }, (_failed, found) => {
        const at = found?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value
          ?.value as Location | undefined;
        if (at === undefined) return;
        if (!files.has(at.scriptId)) {
          session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
          session.post('Debugger.enable');
        }
        const file = files.get(at.scriptId);
        if (file !== undefined)
          frame = { name: '', file, line: at.lineNumber + 1, column: at.columnNumber + 1 };
      });
    });
  } catch {
    // Another session may forbid it; then there is no place to tell.
  } finally {
    delete globals[handed];
    session.disconnect();
  }
  return frame === undefined ? undefined : placesOf([frame])[0];
}
