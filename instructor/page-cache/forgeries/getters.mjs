// expect: none
// A list that is another one each time that it is looked at.
const sly = (...list) => {
  let looks = 0;
  for (const i of list.keys()) Object.defineProperty(list, i, { get: () => (looks++ % 2 === 0 ? 0 : 0xffffffff) });
  return list;
};
export function lowestRow() {
  return -1;
}
export class CachedHeap {
  free() {}
  fill() {}
  flush() {}
  alloc() {
    return -1;
  }
  take() {
    return -1;
  }
  allocFor() {
    return -1;
  }
  cache() {
    return sly(0, 0, 0);
  }
}
export { CachedHeap as OwnHeap };
