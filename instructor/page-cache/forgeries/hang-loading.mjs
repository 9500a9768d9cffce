// expect: none
// It does not get as far as being asked.
export function lowestRow() {}
export class CachedHeap {}
export { CachedHeap as OwnHeap };
for (;;);
