// expect: none
// Ends in nothing: once in a loop, once in depth.
export class Pi {
  next() {
    for (;;);
  }
}
export class ScavengeController {
  next(measured, wanted, period) {
    return this.next(measured, wanted, period);
  }
}
