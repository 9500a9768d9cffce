/**
 * How an object of the library shows itself where somebody prints it: one line, without a lock and without an error. For what
 * private fields hold, printers show nothing of their own accord.
 */

/** What Node's inspect calls: `inspect.custom`. By its registered name, so that the types need none of Node's. */
export const shown: unique symbol = Symbol.for('nodejs.util.inspect.custom');
