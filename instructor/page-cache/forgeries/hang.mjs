// expect: none
// Nothing that it is asked ever returns.
export function lowestRow() {
  for (;;);
}
export class CachedHeap {
  constructor() {
    for (;;);
  }
}
export { CachedHeap as OwnHeap };
