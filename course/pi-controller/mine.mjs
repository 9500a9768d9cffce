// Exercise 8: the PI controller. README.md tells the rule, and how the loop is measured.
//
//   npx pageheap lab check
//   npx pageheap lab step examples/load.txt
//   npx pageheap grade mine.mjs

const CAP = {{cap}}e6; // ns: a longer period counts as this

/** By the rule of README.md. */
export class Pi {
  /** @param {{ kp: number, ti: number, tt: number, min: number, max: number }} numbers  ti and tt in ns */
  constructor(numbers) {
    throw new Error('Pi is to be written');
  }

  /**
   * @param {number} input what was measured
   * @param {number} setpoint what is wanted
   * @param {number} period nanoseconds since the last sample
   * @returns {number} the output, min to max
   */
  next(input, setpoint, period) {
    throw new Error('next is to be written');
  }
}

/** Your own: how long the background scavenger sleeps. `npx pageheap compare` takes it, too. */
export class ScavengeController {
  /** @param {{ startingRatio: number }} host  the ratio that counts until next was called */
  constructor(host) {}

  /**
   * @param {number} measured the share of the time, 0 to 1, that the last burst took of burst and sleep
   * @param {number} wanted the share that it is to take
   * @param {number} period nanoseconds of burst and sleep together
   * @returns {number} time worked to time slept from now on, 0.000001 to 1000000
   */
  next(measured, wanted, period) {
    throw new Error('next is to be written');
  }
}
