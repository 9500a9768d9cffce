/**
 * What every command gets: the terminal, and the place for the exit code it answers.
 */
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  /** 0 until a command says otherwise. */
  exitCode: number;
  /** The module whose page heap is at work, once there is one. */
  pageHeapFile?: string | undefined;
}
