// expect: most 46
// Nothing goes back. What is needed again stays, so one check of three is right beside that of the answers.
const MOST = {{most}};

export class Scavenger {
  onSecond({ free }) {
    return Math.max(0, Math.min(MOST, free, 0));
  }
}
