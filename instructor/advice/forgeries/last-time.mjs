// expect: most 70
// The kernel is right; the policy is a plain memory: as it was the last time.
// reference: Kernel

export class AdvicePolicy {
  calls = 0;
  left = new Map();
  soon = new Map();

  advise({ address }, state) {
    this.calls++;
    if (state === 'reused') this.soon.set(address, this.calls - this.left.get(address) <= 60);
    if (state !== 'released') return 'none';
    this.left.set(address, this.calls);
    return this.soon.get(address) === true ? 'free' : 'dontneed';
  }
}
