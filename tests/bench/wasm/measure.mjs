// CPU time of this process, all its threads: garbage collection counts, and a busy machine does not.

function cpuS() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Operations a CPU second: `run` does what `prepare` gave, which is not measured, and tells how many operations
 * those were. Warms up for a quarter of `seconds` first.
 */
export async function rate(prepare, run, seconds) {
  await turns(prepare, run, seconds / 4);
  return turns(prepare, run, seconds);
}

async function turns(prepare, run, seconds) {
  let usedS = 0;
  let operations = 0;
  while (usedS < seconds) {
    const input = prepare();
    const beginS = cpuS();
    const done = run(input);
    // An `await` for those who need none would cost them a turn of the event loop's queue.
    operations += typeof done === 'number' ? done : await done;
    usedS += cpuS() - beginS;
  }
  return operations / usedS;
}
