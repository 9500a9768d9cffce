// expect: refused
// Wants the counter itself.
import { work } from '$counter';
work.n = -1e9;
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
