import type { PageHeapClass } from 'pageheap';
declare const Buddy: PageHeapClass;
export default Buddy;
