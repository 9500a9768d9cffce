// expect: refused
// Takes the judge's own model.
import { CachedModel, lowestRow } from 'pageheap/dist/lib/course/model/page-caches.js';
export { lowestRow };
export class CachedHeap extends CachedModel {}
export class OwnHeap extends CachedModel {}
