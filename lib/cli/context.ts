/**
 * What every command gets: the terminal, and the place for the exit code it answers.
 */
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  /** 0 until a command says otherwise. */
  exitCode: number;
}
