import t from "tap";
import { activities } from "../src/activities.ts";
import { Draft } from "../src/draft.ts";
import { Population } from "../src/population.ts";
import { Random } from "../src/random.ts";
import type { Activity, Scene } from "../src/scene.ts";

const stage = new Population([{ name: "web", contid: 1n }], {});
const init = stage.init(stage.running("web"));
const random = new Random(11);

function act(activity: Activity): { types: string[]; lines: readonly string[]; inCall: boolean } {
  const event = new Draft(1n, init.pid, 1795459234000, 1);
  const scene: Scene = {
    random,
    event,
    fork: () => undefined,
    exit: () => {},
    nextSession: () => 1,
  };
  const inCall = activity(scene, init);
  const types = event.records.map((line) => /^type=(\w+)/.exec(line)?.[1] ?? "");
  return { types, lines: event.records, inCall };
}

const seen = new Map<string, { types: string[]; lines: readonly string[] }>();
for (const activity of [...activities.usual, activities.execve, activities.exit]) {
  for (let i = 0; i < 3; i++) {
    const done = act(activity);
    const [, call = "", success = ""] =
      /syscall=(\d+)(?: success=(\w+))?/.exec(
        done.lines.find((line) => line.startsWith("type=SYSCALL")) ?? "",
      ) ?? [];
    seen.set(`${call} ${success}`.trim(), done);
  }
}

t.test("AUD 4.4: the records of each call come in the kernel's order", async (t) => {
  const orders: Record<string, string[]> = {
    "0 yes": ["SYSCALL"],
    "16 no": ["SYSCALL"],
    "41 yes": ["SECCOMP", "SYSCALL"],
    "42 yes": ["SYSCALL", "SOCKADDR"],
    "42 no": ["SYSCALL", "SOCKADDR"],
    "56 no": ["SYSCALL"],
    "62 yes": ["SYSCALL", "OBJ_PID"],
    "82 yes": ["SYSCALL", "CWD", "PATH", "PATH", "PATH", "PATH"],
    "87 yes": ["SYSCALL", "CWD", "PATH", "PATH", "PATH"],
    "157 yes": ["SYSCALL"],
    "231": ["SYSCALL"],
    "257 no": ["SYSCALL", "CWD", "PATH"],
    "262 yes": ["SYSCALL", "CWD", "PATH"],
    "288 yes": ["SYSCALL", "SOCKADDR"],
    "293 yes": ["SYSCALL", "FD_PAIR"],
  };
  for (const [call, types] of Object.entries(orders)) t.same(seen.get(call)?.types, types, call);
});

t.test(
  "AUD 4.4: execve makes EXECVE records, CWD and the PATHs of binary and loader",
  async (t) => {
    const { types, lines } = act(activities.execve);
    t.same(
      types.filter((type) => type !== "EXECVE"),
      ["SYSCALL", "CWD", "PATH", "PATH"],
    );
    t.equal(types[1], "EXECVE");
    t.match(lines[0], / syscall=59 success=yes exit=0 .* items=2 .* key="exec"$/);
    t.match(lines.at(-1), / item=1 name="\/lib64\/ld-linux-x86-64\.so\.2" .*nametype=NORMAL /);
  },
);

t.test("AUD 4.4: exit_group has neither success nor exit", async (t) => {
  const { lines } = act(activities.exit);
  t.match(lines[0], /: arch=c000003e syscall=231 a0=[01] a1=e7 a2=3c a3=[0-9a-f]+ items=0 ppid=/);
});

t.test("AUD 4.4: a name that was not found has no inode part", async (t) => {
  const lines = seen.get("257 no")?.lines ?? [];
  t.match(lines[0], / success=no exit=-2 .* items=1 /);
  t.match(lines[2], /: item=0 name=\S+ nametype=UNKNOWN cap_fp=0 /);
});

t.test("items= counts the PATH records", async (t) => {
  for (const { lines, types } of seen.values()) {
    const items = / items=(\d+) /.exec(lines.join(" "))?.[1];
    t.equal(Number(items), types.filter((type) => type === "PATH").length);
  }
});

t.test("every usual activity runs in a system call", async (t) => {
  t.equal(activities.usual.length, 256);
  for (const activity of new Set(activities.usual)) t.ok(act(activity).inCall);
});

t.test("OBJ_PID prints unset ids as -1", async (t) => {
  t.match(seen.get("62 yes")?.lines[1], /: opid=\d+ oauid=-1 ouid=0 oses=-1 ocomm=\S+$/);
});
