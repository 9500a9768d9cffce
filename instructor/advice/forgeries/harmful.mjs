// expect: none
// Advice that would do something to the judge's own memory, if it were given to it.
export class Kernel {
  write() {
    throw new RangeError('resident 1');
  }
}
export class AdvicePolicy {
  advise(range) {
    range.address = 0;
    range.bytes = 2 ** 40;
    return ['dontneed', 'pageout', 'hugepage', 'collapse', '9', 9, null];
  }
}
