/** Objects by their addresses, with their sizes, in the order in which they were told of. */
export class ObjectList {
  readonly addresses: number[] = [];
  /** Bytes. */
  readonly sizes: number[] = [];

  get length(): number {
    return this.addresses.length;
  }

  push(address: number, size: number): void {
    this.addresses.push(address);
    this.sizes.push(size);
  }

  clear(): void {
    this.addresses.length = 0;
    this.sizes.length = 0;
  }
}
