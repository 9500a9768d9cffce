/** Where the recorded traces of malloc are. */
export const mallocFixture = (name: string): string =>
  new URL(`../../fixtures/golden/malloc/${name}.jsonl.gz`, import.meta.url).pathname;
