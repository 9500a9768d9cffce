// expect: most 51
// What is more than a part of what is in use goes back, as Go does it, but without remembering anything.
const MOST = {{most}};

export class Scavenger {
  onSecond({ inUse, free }) {
    return Math.max(0, Math.min(MOST, free, free - 2 * inUse));
  }
}
