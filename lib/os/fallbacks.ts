/**
 * Fallbacks: what the kernel refused and what is done instead, in words. Each is remembered once.
 */
export class Fallbacks {
  readonly #texts = new Map<string, string>();

  /** @param key what was refused; only its first text counts */
  remember(key: string, text: string): void {
    if (!this.#texts.has(key)) this.#texts.set(key, text);
  }

  has(key: string): boolean {
    return this.#texts.has(key);
  }

  list(): string[] {
    return [...this.#texts.values()];
  }
}
