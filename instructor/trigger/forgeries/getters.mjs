// expect: none
// Answers by a getter, which would work uncounted if an answer were read after the count.
export const goalOf = () => ({
  get goal() {
    for (;;);
  },
});
export class TriggerPolicy {
  pace() {
    return {
      get goal() {
        for (;;);
      },
    };
  }
}
