// expect: refused
// Would read the recorded answers.
import text from './go121.txt';
export class Chunk {
  keeps() {
    return text.includes('k 1');
  }
}
export class DenseRule {}
