/** Texts that people write: UTF-8, without the byte-order mark that some editors put before it. */
const decoder = new TextDecoder();

export const utf8Text = (bytes: Uint8Array): string => decoder.decode(bytes);
