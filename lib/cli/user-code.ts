/**
 * The user's code in this process, where a class is only tried: what it does outside of its calls (lab/subject/late-errors.ts), and a
 * module that takes long to load.
 *
 * What it does late it does in the process of its run, too, which fails in order. So it ends nothing here; a command that
 * has come to its end without a failure tells it (program.ts). A module may wait for what never comes, and keep the event loop busy:
 * that cannot be told from one that takes its time, so it is said who is waited for.
 */
import { controlsShown } from '../base/controls.ts';
import { onLateErrors } from '../lab/subject/late-errors.ts';
import { loadingNow } from '../lab/subject/load-class.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';

/** When a module has taken long, ms. */
const longMs = 3000;

/** Code of the user's comes next, in this thread. */
export function watchUserCode(context: CommandContext): void {
  if (context.late !== undefined) return;
  const late: unknown[] = [];
  context.late = late;
  setTimeout(() => {
    for (const path of loadingNow())
      context.terminal.note(`${controlsShown(path)} is not loaded yet, and is waited for; Ctrl-C ends it`);
  }, longMs).unref();
  onLateErrors((error, isOfUser) => {
    if (isOfUser) {
      late.push(error);
      return;
    }
    const stack = error instanceof Error ? error.stack : String(error);
    context.terminal.fail(`this is a defect of pageheap:\n${stack}`);
    process.exit(exitCodes.failed);
  });
}
