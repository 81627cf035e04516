import {
  type ContainerObject,
  formatSignalAnswer,
  isLive,
  type ReadResult,
  readCapcontid,
  readContid,
  setCapcontid,
  setContid,
  setLoginuid,
  signalInfo,
} from "@cauditd/kernel";
import { formatChain } from "@cauditd/libaudit";
import { errorName, outcome } from "./scenario-world.ts";
import type { Run, StepKind, StepKinds } from "./step.ts";
import type { StepReader } from "./step-reader.ts";

const MAX_OFFSET = 4096;

function write(
  set: typeof setContid,
  expected: string,
  by: "init" | "self",
  translate: (text: string) => string = (text) => text,
): StepKind {
  return {
    keys: ["by", "offset"],
    read: (reader) => {
      const name = reader.task();
      const text = translate(reader.word("VALUE", expected));
      const writer = reader.taskKey("by", by === "self" ? name : "init");
      const offset = reader.numberKey("offset", 0, MAX_OFFSET) ?? 0;
      return (world) => {
        const request = { task: world.task(name), text, by: world.actor(writer), offset };
        return outcome(set(world.kernel, request));
      };
    },
  };
}

function read(get: typeof readContid): StepKind {
  return {
    keys: ["by"],
    read: (reader) => {
      const name = reader.task();
      const by = reader.taskKey("by", "init");
      return (world) => {
        const result: ReadResult = get(world.kernel, world.task(name), world.actor(by));
        return "text" in result ? [result.text] : [errorName(result.errno)];
      };
    },
  };
}

/** `contid=4 parent=1 owner=b members=c,d state=live generation=1`. */
function containerLine(container: ContainerObject): string {
  const { contid, parent, owner, members, generation } = container;
  const names = [...members].map(({ name }) => name).join(",");
  const state = isLive(container) ? "live" : "held";
  return (
    `contid=${contid} parent=${parent?.contid ?? -1} owner=${owner.name} ` +
    `members=${names === "" ? "-" : names} state=${state} generation=${generation}`
  );
}

/** Limits of contids: depth=N, netns=N, total=N; none for those that are not given. */
function limits(reader: StepReader): Run {
  const given = Object.fromEntries(
    (["depth", "netns", "total"] as const).flatMap((name) => {
      const value = reader.numberKey(name, 1, 65536);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return ({ kernel }) => [kernel.setLimits(given) ? "ok" : "ENOSPC"];
}

/** The switches of rights, and of records about namespaces: `policy strict off`. */
function policy(reader: StepReader): Run {
  const name = reader.choice("switch", ["mainline", "both", "strict", "ns_records"]);
  const on = reader.choice("value", ["on", "off"]) === "on";
  return ({ kernel }) => {
    if (name === "ns_records") kernel.namespaceRecords = on;
    else kernel.policy = { ...kernel.policy, [name]: on };
    return outcome(0);
  };
}

/** Steps about contids, audit user IDs and containers. */
export const CONTID_STEPS: StepKinds = {
  contid: write(setContid, "a contid", "init"),
  "contid?": read(readContid),
  capcontid: write(setCapcontid, "0 or 1", "init"),
  "capcontid?": read(readCapcontid),
  loginuid: write(setLoginuid, "an audit user ID, or unset", "self", (text) =>
    text === "unset" || text === "-1" ? "4294967295" : text,
  ),
  "loginuid?": {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      return (world) => {
        const { auid, ses } = world.task(name);
        return [`auid=${auid} ses=${ses}`];
      };
    },
  },
  chain: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      return (world) => [formatChain(world.task(name).chain)];
    },
  },
  containers: {
    keys: [],
    read:
      () =>
      ({ kernel }) =>
        kernel.containers.all().map(containerLine),
  },
  siginfo: {
    keys: [],
    read: (reader) => {
      const name = reader.task();
      return (world) => {
        const answer = signalInfo(world.kernel, world.actor(name));
        return [typeof answer === "number" ? errorName(answer) : formatSignalAnswer(answer)];
      };
    },
  },
  limits: { keys: ["depth", "netns", "total"], read: limits },
  policy: { keys: [], read: policy },
};
