/** What ends a run, and whoever waits for one. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
