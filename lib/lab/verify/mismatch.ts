/**
 * The first answer that differed from the real runtime's, and what led to it.
 */

export interface FieldMismatch {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

export interface VerifyMismatch {
  /** The line of the trace. */
  readonly line: number;
  /** The operation as it stands in the trace. */
  readonly operation: string;
  readonly expected: string;
  readonly found: string;
  /** At a checkpoint: the fields that differ. */
  readonly fields: readonly FieldMismatch[];
  /** The state around it, a line each. */
  readonly state: readonly string[];
  /** The operations before it, oldest first, with their lines. */
  readonly last: readonly string[];
}

/** The lines before the present one, a fixed number of them. */
export class Recent {
  readonly #lines: string[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  push(line: number, text: string): void {
    this.#lines.push(`${line}: ${text.length > 160 ? `${text.slice(0, 157)}...` : text}`);
    if (this.#lines.length > this.#most) this.#lines.shift();
  }

  all(): readonly string[] {
    return [...this.#lines];
  }
}
