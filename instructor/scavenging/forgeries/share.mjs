// expect: most 51
// A part of what is free goes back each second.
const MOST = {{most}};

export class Scavenger {
  onSecond({ free }) {
    return Math.max(0, Math.min(MOST, free, Math.floor(free / 10)));
  }
}
