import { testPositions } from './failing-positions.ts';

testPositions('fragments', 'radix');
