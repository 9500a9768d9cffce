/** The exercises of what is given back, and when. */
import { testGrading } from './self-tests.ts';

testGrading(6, 9);
