// expect: none
// Advises everything at once, by lists that say other things each time they are read.
const list = new Proxy(['free'], { get: (of, name) => (name === 'length' ? 1e9 : 'free') });
export class Kernel {
  resident() {
    return list;
  }
  write() {}
  read() {
    return list;
  }
  advise() {}
  pressure() {}
}
export class AdvicePolicy {
  advise() {
    return list;
  }
}
