/**
 * What `pageheap record` says of processes of which nothing is recorded: by cause, with their number, and of the program itself.
 */
import { stopReason } from '../lab/recorder/blind-spots.ts';
import type { UnrecordedEnd } from '../lab/recorder/last-image.ts';
import type { SilentProgram } from '../lab/recorder/record.ts';
import { formatNumber } from '../lab/report/client/format.ts';

/** Names of one cause that are told. */
const mostNames = 4;

function causeOf({ ownMalloc, reason }: Pick<SilentProgram, 'ownMalloc' | 'reason'>): string | undefined {
  if (reason !== '') return stopReason(reason);
  return ownMalloc ? 'its executable has a malloc of its own, which goes before the recorder’s' : undefined;
}

/** `bash (39), env (12)`, those with most first. */
function namesWords(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const told = sorted
    .slice(0, mostNames)
    .map(([name, n]) => (n === 1 ? name : `${name} (${formatNumber(n)})`));
  const rest = sorted.length - told.length;
  return [...told, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/** A sentence for each cause. One that allocated nothing has none. */
export function silentWords(silent: readonly SilentProgram[]): string[] {
  const byCause = new Map<string, string[]>();
  for (const one of silent) {
    const cause = causeOf(one);
    if (cause !== undefined) byCause.set(cause, [...(byCause.get(cause) ?? []), one.name]);
  }
  return [...byCause].map(([cause, names]) =>
    names.length === 1
      ? `of ${names[0]}: nothing is recorded: ${cause}`
      : `of ${formatNumber(names.length)} processes, or programs in them, nothing is recorded: ${cause}: ${namesWords(names)}`,
  );
}

/** Of the program itself. */
export function endWords(end: UnrecordedEnd): string {
  const cause = causeOf(end) ?? 'the recorder was not loaded into it, or found no place for its file';
  const { name, before } = end;
  if (name === undefined)
    return `what ${before ?? 'the program'} became in the end (exec), if anything, is not recorded: ${cause}`;
  const instead =
    before === undefined ? '' : `; what is recorded of its process is ${before}, which started it (exec)`;
  return `the program itself, ${name}, is not recorded: ${cause}${instead}`;
}
