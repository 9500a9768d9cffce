// expect: most 70
// The kernel is right; the policy knows which addresses come first.
// reference: Kernel

export class AdvicePolicy {
  addresses = [];

  advise({ address }, state) {
    if (state === 'fresh') this.addresses.push(address);
    if (state !== 'released') return 'none';
    const at = this.addresses.sort((a, b) => a - b).indexOf(address);
    return at < this.addresses.length / 4 ? 'free' : 'dontneed';
  }
}
