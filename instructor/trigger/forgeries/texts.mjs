// expect: none
// Numbers that are none.
export const goalOf = () => 'Infinity';
export class TriggerPolicy {
  pace() {
    return { goal: '4194304', start: [4194304], again: null };
  }
}
