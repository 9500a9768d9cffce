// expect: most 51
// All that is free goes back, each second.
const MOST = {{most}};

export class Scavenger {
  onSecond({ free }) {
    return Math.max(0, Math.min(MOST, free));
  }
}
