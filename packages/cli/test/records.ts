// Records of tasks, for tests that need events of known tasks.

/** An event of one task: a SYSCALL record and a PROCTITLE record, with their newlines. */
export function event(serial: number, pid: number, ppid = 1): string {
  const stamp = `audit(1700000000.${String(serial % 1000).padStart(3, "0")}:${serial})`;
  const ids = "auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1";
  return (
    `type=SYSCALL msg=${stamp}: arch=c000003e syscall=257 success=yes exit=3 a0=0 a1=0 a2=0 a3=0 ` +
    `items=0 ppid=${ppid} pid=${pid} ${ids} comm="x" exe="/x" key=(null)\n` +
    `type=PROCTITLE msg=${stamp}: proctitle="x"\n`
  );
}

/** `count` events of a task. */
export function events(first: number, count: number, pid: number): string {
  return Array.from({ length: count }, (_, index) => event(first + index, pid)).join("");
}
