// expect: most 51
// The same number of pages goes back each second: slow in a tide, and fast enough for a pause.
const MOST = {{most}};

export class Scavenger {
  onSecond({ free }) {
    return Math.max(0, Math.min(MOST, free, 40));
  }
}
