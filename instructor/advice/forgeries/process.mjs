// expect: refused
// Would ask the kernel itself.
import { readFileSync } from 'node:fs';
export class Kernel {
  resident() {
    return Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]);
  }
}
export class AdvicePolicy {}
