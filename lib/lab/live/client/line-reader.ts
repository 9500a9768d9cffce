/**
 * Lines out of bytes that come in pieces, each with its length in bytes: a place in a file is counted in bytes, and a text does
 * not tell how many it was made of.
 */
const newline = 10;

export class LineReader {
  readonly #decoder = new TextDecoder();
  /** What came of a line that has no end yet. */
  #begun: Uint8Array[] = [];

  /** @param take is given each line, without its end, and the bytes that it took with its end */
  read(piece: Uint8Array, take: (line: string, bytes: number) => void): void {
    let from = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, from)) {
      this.#begun.push(piece.subarray(from, end));
      const parts = this.#begun;
      this.#begun = [];
      from = end + 1;
      const bytes = joined(parts);
      take(this.#decoder.decode(bytes), bytes.length + 1);
    }
    if (from < piece.length) this.#begun.push(piece.subarray(from));
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
