// expect: refused
// Takes the judge's own model, by its place.
export { lowestRow } from '../../../dist/lib/course/model/page-caches.js';
export { CachedModel as CachedHeap, CachedModel as OwnHeap } from '../../../dist/lib/course/model/page-caches.js';
