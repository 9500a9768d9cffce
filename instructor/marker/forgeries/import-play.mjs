// expect: refused
// Wants the judge's own marker.
import { playCycle } from '../../exercises/marker/play.js';
export class Marker { step() { return playCycle; } }
