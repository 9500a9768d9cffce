/**
 * What the user's code does in this process outside of its calls (lab/subject/late-errors.ts). The class is only tried here, and what it does
 * so it does in the process of its run, too, which fails in order. So it ends nothing; a command that has nothing
 * else to say of its class ends by it (program.ts).
 */
import { onLateErrors } from '../lab/subject/late-errors.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';

/** Code of the user's comes next, in this thread. */
export function watchLateErrors(context: CommandContext): void {
  if (context.late !== undefined) return;
  const late: unknown[] = [];
  context.late = late;
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
