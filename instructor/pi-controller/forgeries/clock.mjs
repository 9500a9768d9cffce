// expect: refused
// Would know by the clock of the machine which scene is played.
const now = await Promise.resolve(performance.now());
export class Pi {
  next() {
    return now;
  }
}
export class ScavengeController {
  next() {
    return now;
  }
}
