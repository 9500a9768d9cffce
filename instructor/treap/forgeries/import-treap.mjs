// expect: refused
// Wants the package's own treap.
import { Treap } from '../../../pages/treap/treap.js';
export { Treap as RunTreap, Treap as TreapHeap };
