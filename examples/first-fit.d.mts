import type { PageHeapClass } from 'pageheap';
declare const FirstFit: PageHeapClass;
export default FirstFit;
