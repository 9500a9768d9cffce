import { testSizes } from '../../alloc/every-size.ts';

testSizes(Array.from({ length: 32_770 }, (_, size) => size));
