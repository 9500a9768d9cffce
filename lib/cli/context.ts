/**
 * What every command gets: the terminal, what interrupts it, and the place for the exit code it answers.
 */
import type { ModuleFiles } from '../lab/subject/modules.ts';
import type { Interrupts } from './interrupts.ts';
import type { RunAhead } from './run-ahead.ts';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  /** 0 until a command says otherwise. */
  exitCode: number;
  /** The modules whose classes are at work, by the options that they are for, once there are any. */
  modules?: ModuleFiles | undefined;
  /** What their code did outside of its calls, in this process, once that is watched (user-code.ts). */
  late?: readonly unknown[];
  /** What was begun for a run before its command was read (run-ahead.ts). Whoever takes it removes it from here. */
  ahead?: RunAhead | undefined;
}
