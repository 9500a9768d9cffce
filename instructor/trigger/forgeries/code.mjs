// expect: refused
export const goalOf = new Function('heap', 'return 4194304');
export class TriggerPolicy {
  pace() {
    return eval('4194304');
  }
}
