// expect: most 70
// The kernel is right; the policy is one size.
// reference: Kernel

export class AdvicePolicy {
  advise({ bytes }, state) {
    return state === 'released' ? (bytes <= 32768 ? 'free' : 'dontneed') : 'none';
  }
}
