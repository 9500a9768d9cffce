/** What of a heap's recorded options is other than Go's: numbers of the design, and parts of the user's own. */
import { partOptions } from './parts.ts';
import { tunedNames } from './tuning.ts';

/** The names of the options, as a record has them. */
export function otherThanGo(recorded: Readonly<Record<string, unknown>>): string[] {
  return [
    ...tunedNames(recorded),
    ...Object.keys(partOptions).filter((name) => recorded[name] !== undefined),
  ];
}
