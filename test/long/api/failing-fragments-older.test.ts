import { testPositions } from './failing-positions.ts';

testPositions('fragments', 'lists', 'treap');
