import {
  type ControlReply,
  changeRules,
  type FeatureName,
  heard,
  joinMulticast,
  leaveMulticast,
  netlink,
  netlinkRequestNumber,
  reach,
  resetCounter,
  type StatusRequest,
  sendUserRecord,
  setFeature,
  setFloor,
  setStatus,
  startDaemon,
  stopDaemon,
  type Task,
  trim,
} from "@cauditd/kernel";
import {
  Arch,
  formatRules,
  formatStatus,
  parseRuleArguments,
  RecordType,
  type RuleCommand,
  type RuleContext,
  recordTypeNumber,
} from "@cauditd/libaudit";
import { errorName, outcome, type ScenarioWorld } from "./scenario-world.ts";
import type { Run, StepKinds } from "./step.ts";
import { StepError, type StepReader } from "./step-reader.ts";

const U32 = 0xffff_ffff;
const PIDS = 4194304;
const STATUS_KEYS = [
  "enabled",
  "failure",
  "rate_limit",
  "backlog_limit",
  "backlog_wait_time",
] as const;
const COUNTERS = ["lost", "backlog_wait_time_actual"] as const;
const FEATURES: readonly FeatureName[] = ["loginuid_immutable", "only_unset_loginuid"];

/** The machine of a scenario: root is its only user, a path that ends in a slash a directory. */
const MACHINE: RuleContext = {
  arch: Arch.X86_64,
  resolver: {
    uid: (name) => (name === "root" ? 0 : undefined),
    gid: (name) => (name === "root" ? 0 : undefined),
  },
  stat: (path) => (path.endsWith("/") ? "directory" : "other"),
};

function replied(reply: ControlReply): string[] {
  return outcome(reply.errno);
}

/** Number of a type of request or record by name or number, `AUDIT_` in front or not. */
function typeOf(text: string): number {
  const name = text.replace(/^AUDIT_/, "");
  const known = netlinkRequestNumber(name) ?? recordTypeNumber(name);
  if (known !== undefined) return known;
  if (/^[0-9]{1,5}$/.test(text)) return Number(text);
  throw new StepError("TYPE", "a type by name or number", text);
}

/** auditctl's arguments against a scope. */
function rule(reader: StepReader): Run {
  const contid = reader.scope();
  const by = reader.taskKey("by", "init");
  const args = reader.rest();
  if (args.length === 0) throw new StepError("ARGS", "auditctl's arguments", undefined);
  const { commands, error } = parseRuleArguments(args, MACHINE);
  return (world) => {
    const task = world.actor(by);
    const lines = commands.flatMap((command) => control(world, task, contid, command));
    // What auditctl refuses itself is not asked of the kernel.
    const said = error === undefined ? [] : ["EINVAL", ...textLines(error.text)];
    return [...lines, ...said];
  };
}

function textLines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** One request of an auditctl command line. */
function control(
  world: ScenarioWorld,
  task: Task,
  contid: bigint | undefined,
  command: RuleCommand,
): string[] {
  const { kernel } = world;
  switch (command.kind) {
    case "add":
    case "delete":
      return replied(changeRules(kernel, task, contid, command));
    case "delete-all":
      return replied(
        changeRules(kernel, task, contid, { kind: "delete-all", key: command.key ?? "" }),
      );
    case "list": {
      const scope = reach(kernel, task, "rules-read", contid);
      if (typeof scope === "number") return [errorName(scope)];
      const { listed } = scope.instance.rules;
      return textLines(formatRules(listed, { arch: Arch.X86_64 }, command.key ?? ""));
    }
    case "status":
      return statusLines(world, task, contid, command.interpret);
    case "set":
      return replied(setStatus(kernel, task, contid, { [command.field]: command.value }));
    case "reset": {
      const reply = resetCounter(kernel, task, contid, command.counter);
      return reply.errno === 0 ? [`${command.counter}: ${reply.value}`] : replied(reply);
    }
    case "loginuid-immutable":
      return replied(
        setFeature(kernel, task, contid, "loginuid_immutable", { on: true, lock: true }),
      );
    case "trim":
      return replied(trim(kernel, task, contid));
    case "user-record":
      return outcome(sendUserRecord(kernel, task, { type: RecordType.USER, text: command.text }));
    default:
      return ["EOPNOTSUPP"];
  }
}

function statusLines(
  { kernel }: ScenarioWorld,
  task: Task,
  contid: bigint | undefined,
  interpret: boolean,
): string[] {
  const scope = reach(kernel, task, "status-read", contid);
  if (typeof scope === "number") return [errorName(scope)];
  const { status, features } = scope.instance;
  const loginuidImmutable = features.get("loginuid_immutable");
  return textLines(formatStatus(status.get(), { interpret, loginuidImmutable }));
}

/** `set SCOPE KEY=VALUE by=TASK`. */
function set(reader: StepReader): Run {
  const contid = reader.scope();
  const by = reader.taskKey("by", "init");
  const settings = [...STATUS_KEYS, ...COUNTERS, ...FEATURES].flatMap((name) => {
    const value = reader.numberKey(name, 0, U32);
    return value === undefined ? [] : [{ name, value }];
  });
  if (settings.length === 0) {
    const names = [...STATUS_KEYS, ...COUNTERS, ...FEATURES].join(", ");
    throw new StepError("KEY=VALUE", `one of ${names}`, reader.optional());
  }
  return (world) => {
    const { kernel } = world;
    const task = world.actor(by);
    let reply: ControlReply | undefined;
    for (const { name, value } of settings) {
      const counter = COUNTERS.find((each) => each === name);
      const feature = FEATURES.find((each) => each === name);
      const asked: StatusRequest = { [name]: value };
      if (counter !== undefined) reply = resetCounter(kernel, task, contid, counter);
      else if (feature !== undefined) {
        reply = setFeature(kernel, task, contid, feature, { on: value !== 0 });
      } else reply = setStatus(kernel, task, contid, asked);
      if (reply.errno !== 0) break;
    }
    return outcome(reply?.errno ?? 0);
  };
}

/** Host floor rules: the words of each rule, `;` between them; none takes all away. */
function floor(reader: StepReader): Run {
  const contid = reader.scope();
  const by = reader.taskKey("by", "init");
  const lines: string[][] = [[]];
  for (const word of reader.rest()) {
    if (word === ";") lines.push([]);
    else lines.at(-1)?.push(word);
  }
  const rules = lines
    .filter((line) => line.length > 0)
    .map((line) => {
      const command = parseRuleArguments(line, MACHINE).commands.at(-1);
      if (command?.kind === "add") return command.rule;
      throw new StepError("RULE", "a rule such as -a always,exit -S all", line.join(" "));
    });
  return (world) => replied(setFloor(world.kernel, world.actor(by), contid, rules));
}

/** The records that a scope's daemon has received, or that wait for one. */
function log(reader: StepReader): Run {
  const contid = reader.scope();
  return ({ kernel: { scopes } }) => {
    const scope = scopes.find(contid) ?? (contid === undefined ? undefined : scopes.ended(contid));
    if (scope === undefined) return ["ENOENT"];
    const received = scope.receive();
    return scope.daemon === undefined ? [...received, ...scope.preview()] : received;
  };
}

/** Steps about daemons, rules, status and records of user space. */
export const CONTROL_STEPS: StepKinds = {
  daemon: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      const start = reader.choice("action", ["start", "stop"]) === "start";
      return (world) => {
        const task = world.actor(name);
        return outcome(start ? startDaemon(world.kernel, task) : stopDaemon(world.kernel, task));
      };
    },
  },
  netlink: {
    keys: ["pid", "opener"],
    read: (reader) => {
      const name = reader.task();
      const type = typeOf(reader.word("TYPE", "a type by name or number"));
      const pid = reader.numberKey("pid", 0, PIDS);
      const opener = reader.key("opener") !== "none";
      const request = { type, opener, ...(pid !== undefined && { pid }) };
      return (world) => {
        const errno = netlink(world.kernel, world.actor(name), request);
        return [errno === 0 ? "0" : errorName(errno)];
      };
    },
  },
  rule: { keys: ["by"], read: rule },
  floor: { keys: ["by"], read: floor },
  status: {
    keys: ["by"],
    read: (reader) => {
      const contid = reader.scope();
      const by = reader.taskKey("by", "init");
      return (world) => statusLines(world, world.actor(by), contid, false);
    },
  },
  set: { keys: ["by", ...STATUS_KEYS, ...COUNTERS, ...FEATURES], read: set },
  user: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      const type = typeOf(reader.word("TYPE", "a type of user records"));
      const text = reader.restOfLine("TEXT", "the text of the record");
      return (world) => outcome(sendUserRecord(world.kernel, world.actor(name), { type, text }));
    },
  },
  log: { keys: [], read: log },
  listen: {
    keys: ["scope"],
    read: (reader) => {
      const name = reader.task();
      const start = reader.choice("action", ["start", "stop"]) === "start";
      const named = reader.key("scope") !== undefined;
      const scope = reader.scopeKey("scope");
      return (world) => {
        const task = world.actor(name);
        if (!start) return outcome(leaveMulticast(world.kernel, task));
        return outcome(joinMulticast(world.kernel, task, named ? scope : task.container?.contid));
      };
    },
  },
  heard: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      return (world) => heard(world.kernel, world.task(name)) ?? ["ENOENT"];
    },
  },
};
