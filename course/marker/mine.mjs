// Exercise 12: a marker with work buffers. README.md tells what each method must do.
//
//   npx pageheap lab check --first

const TAG = {{tag}}; // a word is a pointer if it leaves REST when divided by TAG; it leads to object Math.floor(word / TAG)
const REST = {{rest}};
const ENTRIES = {{entries}}; // of a work buffer
const PIECE = {{piece}}; // words of an object that are looked at in one go

/** @typedef {{ first: number[], words: number[] }} Heap  object i has the words from first[i] up to first[i + 1] */

export class Marker {
  /** @param {Heap} heap it has heap.first.length - 1 objects */
  constructor(heap) {
    this.heap = heap;
  }

  /** @param {number} object that the program holds: it is marked, and gray */
  root(object) {
    throw new Error('root is to be written');
  }

  /**
   * Looks at gray objects, piece by piece, until so many words were looked at or nothing is gray.
   * @param {number} words
   * @returns {number} how many words it looked at
   */
  step(words) {
    throw new Error('step is to be written');
  }

  /**
   * The program stores a word, at any time while marking goes on.
   * @param {number} object
   * @param {number} index which of its words, from 0
   * @param {number} word
   */
  store(object, index, word) {
    this.heap.words[this.heap.first[object] + index] = word;
    throw new Error('store is to be written: the barrier is missing');
  }

  /** @returns {number[][]} the gray objects, a list for each buffer that is not empty */
  gray() {
    throw new Error('gray is to be written');
  }

  /** @returns {number[]} all marked objects, in any order */
  marked() {
    throw new Error('marked is to be written');
  }
}
