/**
 * Fallbacks: what the kernel refused and what is done instead, in words. Each is remembered once.
 */
export class Fallbacks {
  readonly #texts = new Map<string, string>();

  /** @param key what was refused; only its first text counts */
  remember(key: string, text: string): void {
    if (!this.#texts.has(key)) this.#texts.set(key, text);
  }

  /** Too few mappings are left for what would split one. @param limit how many there may be */
  rememberMappings(limit: number, instead: string): void {
    this.remember(`mappings: ${instead}`, `close to the ${limit} mappings of vm.max_map_count: ${instead}`);
  }

  has(key: string): boolean {
    return this.#texts.has(key);
  }

  list(): string[] {
    return [...this.#texts.values()];
  }
}
