// The reference of exercise 7. A program repeats itself: the beats of one time come evenly, and there are as many of them in each time.
// So what a time needed stays until its next beat would be late, or its last one is over; and beside it what the quiet seconds need.
const MOST = {{most}};
const BREATH = {{breath}};

export class Scavenger {
  /** In use, of the last eight breaths: half of the most of them tells a beat from quiet. */
  lately = [];
  /** In use, of the last quiet seconds. */
  quiet = [];
  /** Quiet seconds since the last beat. */
  age = Infinity;
  /** Of this time: its beats, the most in use, the longest gap between two beats. */
  beats = 0;
  peak = 0;
  gap = 0;
  /** Beats that the last times had. */
  counts = [];

  onSecond({ inUse, free }) {
    remember(this.lately, inUse, 8 * BREATH);
    if (inUse > Math.max(...this.lately) / 2) this.beat(inUse);
    else {
      this.age++;
      remember(this.quiet, inUse, BREATH);
    }
    const kept = this.age <= this.patience() ? this.peak : Math.max(...this.quiet);
    return Math.max(0, Math.min(free - Math.max(0, kept - inUse), MOST));
  }

  beat(inUse) {
    if (this.age >= BREATH) this.begin();
    else if (this.age > 0) {
      this.beats++;
      this.gap = Math.max(this.gap, this.age);
    }
    this.age = 0;
    this.peak = Math.max(this.peak, inUse);
  }

  /** The first beat after a pause. */
  begin() {
    if (this.beats > 0) remember(this.counts, this.beats, 3);
    this.beats = 1;
    this.peak = this.gap = 0;
  }

  /** Quiet seconds until a beat is late. */
  patience() {
    if (this.counts.length > 0 && this.beats >= Math.max(...this.counts)) return 0;
    return this.gap > 0 ? Math.min(this.gap + 1, BREATH - 1) : BREATH - 1;
  }
}

function remember(list, n, most) {
  list.push(n);
  if (list.length > most) list.shift();
}
