/**
 * How long the processor worked on something, for what must not take time that grows with a hostile input: other
 * processes on a busy machine don't count. Only for work that waits for nothing.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
