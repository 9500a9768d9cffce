/**
 * A clock that stands still while the process waits for a processor. Loaded before a measurement (`node --import`), it
 * takes the place of `performance.now`: for costs on a machine that is not quiet.
 */
performance.now = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
