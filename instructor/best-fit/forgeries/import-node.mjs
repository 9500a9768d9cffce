// expect: refused
import { writeFileSync } from 'node:fs';
writeFileSync('/tmp/forged', '');
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
