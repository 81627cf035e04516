import {
  attach,
  detach,
  exec,
  exit,
  fork,
  kill,
  type NamespaceKind,
  packet,
  reap,
  setns,
  signalNumber,
  syscall,
  thread,
  unshare,
} from "@cauditd/kernel";
import { Arch, syscallNumber } from "@cauditd/libaudit";
import { outcome } from "./scenario-world.ts";
import type { StepKinds } from "./step.ts";
import { StepError } from "./step-reader.ts";

const U32 = 0xffff_ffff;
const PIDS = 32767;
const KINDS: readonly NamespaceKind[] = ["user", "pid", "net"];
const ARGS = ["a0", "a1", "a2", "a3"] as const;

/** Steps about tasks and what they do. */
export const TASK_STEPS: StepKinds = {
  task: {
    keys: ["parent", "caps", "uid", "gid", "auid", "pid", "audited"],
    read: (reader) => {
      const name = reader.newTask();
      const parent = reader.taskKey("parent", "init");
      const caps = reader.key("caps");
      const uid = reader.numberKey("uid", 0, U32);
      const gid = reader.numberKey("gid", 0, U32);
      const auid = reader.numberKey("auid", 0, U32);
      const pid = reader.numberKey("pid", 1, PIDS);
      const audited = reader.key("audited");
      if (audited !== undefined && audited !== "yes" && audited !== "no") {
        throw new StepError("audited", "yes or no", audited);
      }
      const options = {
        ...(caps !== undefined && { capabilities: reader.capabilities("caps", caps) }),
        ...(uid !== undefined && { uid }),
        ...(gid !== undefined && { gid }),
        ...(auid !== undefined && { auid }),
        ...(pid !== undefined && { pid }),
        ...(audited !== undefined && { audited: audited === "yes" }),
      };
      return (world) => {
        const task = fork(world.kernel, name, world.task(parent), options);
        world.name(name, task);
        return [String(task.pid)];
      };
    },
  },
  thread: {
    keys: ["of"],
    read: (reader) => {
      const name = reader.newTask();
      const of = reader.taskKey("of", "init");
      return (world) => {
        const task = thread(world.kernel, name, world.task(of));
        world.name(name, task);
        return [String(task.pid)];
      };
    },
  },
  unshare: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      const kind = reader.choice("namespace", KINDS);
      return (world) => outcome(unshare(world.kernel, world.task(name), kind));
    },
  },
  setns: {
    keys: ["of"],
    read: (reader) => {
      const name = reader.task();
      const kind = reader.choice("namespace", KINDS);
      const of = reader.taskKey("of", "init");
      return (world) => outcome(setns(world.kernel, world.task(name), kind, world.task(of)));
    },
  },
  caps: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      const text = reader.word("capabilities", "all, none or names of capabilities");
      const set = reader.capabilities("capabilities", text);
      return (world) => {
        world.task(name).capabilities = set;
        return outcome(0);
      };
    },
  },
  exec: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      const path = reader.word("PATH", "a path");
      return (world) => outcome(exec(world.kernel, world.task(name), path));
    },
  },
  exit: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      return (world) => outcome(exit(world.kernel, world.task(name)));
    },
  },
  reap: {
    keys: ["by"],
    read: (reader) => {
      const name = reader.task();
      const by = reader.key("by") === undefined ? undefined : reader.taskKey("by", "init");
      return (world) => {
        const waiter = by === undefined ? undefined : world.actor(by);
        return outcome(reap(world.kernel, world.task(name), waiter));
      };
    },
  },
  ptrace: {
    keys: ["by"],
    read: (reader) => {
      const name = reader.task();
      const call = reader.choice("request", ["attach", "detach"]) === "attach" ? attach : detach;
      const by = reader.taskKey("by", "init");
      return (world) => outcome(call(world.kernel, world.task(name), world.actor(by)));
    },
  },
  syscall: {
    keys: ["exit", "path", ...ARGS],
    read: (reader) => {
      const name = reader.task();
      const text = reader.word("NAME", "a system call of x86_64");
      const number = /^[0-9]{1,4}$/.test(text) ? Number(text) : syscallNumber(Arch.X86_64, text);
      if (number === undefined) throw new StepError("NAME", "a system call of x86_64", text);
      const result = reader.numberKey("exit", -4095, Number.MAX_SAFE_INTEGER) ?? 0;
      const path = reader.key("path");
      const args = ARGS.map((arg) =>
        BigInt(reader.numberKey(arg, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? 0),
      );
      const call = { number, exit: result, args, paths: path === undefined ? [] : [path] };
      return (world) => outcome(syscall(world.kernel, world.task(name), call));
    },
  },
  kill: {
    keys: ["by"],
    read: (reader) => {
      const names = reader.taskList();
      const text = reader.word("SIGNAL", "a signal");
      const signal = signalNumber(text);
      if (signal === undefined) throw new StepError("SIGNAL", "a signal such as HUP or 1", text);
      const by = reader.taskKey("by", "init");
      return (world) => {
        const targets = names.map((name) => world.task(name));
        return outcome(kill(world.kernel, targets, signal, world.actor(by)));
      };
    },
  },
  packet: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      return (world) => {
        packet(world.kernel, world.actor(name).netns);
        return outcome(0);
      };
    },
  },
};
