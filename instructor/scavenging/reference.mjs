// The reference of exercise 7: what was not needed within the last seconds goes back.
const MOST = {{most}};
const WINDOW = {{breath}};

export class Scavenger {
  recent = [];

  onSecond({ inUse, free }) {
    this.recent.push(inUse);
    if (this.recent.length > WINDOW) this.recent.shift();
    const peak = Math.max(...this.recent);
    const kept = peak - inUse;
    return Math.max(0, Math.min(free - kept, MOST));
  }
}
