// Time that does not count what else the machine does.

/** A clock of the CPU time of this process, all its threads together. It gives the milliseconds since it was made. */
export function cpuClock() {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
