/** Every mixture of the main parts at work for longer. */
import { mixtures, testMixtures } from '../../design/mixtures.ts';
import { seedOf } from '../../support/random.ts';

const seed = seedOf('PAGEHEAP_SEED');
console.log(`PAGEHEAP_SEED=${seed}`);
testMixtures(mixtures.all, 6000, seed);
testMixtures(mixtures.all, 6000, 5);
