/** The exercises of the collector, and whatever comes after them. */
import { testGrading } from './self-tests.ts';

testGrading(10, Infinity);
