/** Addresses in messages. */

/** `0xc000010000`, as the Go runtime and the kernel write one. */
export const hex = (address: number): string => `0x${address.toString(16)}`;
