// expect: most 73
// The account is right; what a chunk will do is guessed by its number.
// reference: RULE, HUGE, PAGES, Chunk

export class DenseRule {
  keeps({ chunk, inUse, broken }) {
    return chunk % 4 === 3 ? inUse > 60 : !broken && PAGES - inUse <= (HUGE * inUse) / PAGES;
  }
}
