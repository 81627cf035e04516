import { join } from "node:path";
import t from "tap";
import { parseConfig, readConfig } from "../../src/config/config.ts";
import { defaultControl } from "../../src/config/control-schema.ts";
import { problemsOf } from "../problems.ts";

const GOOD = `
logs: var/log
source: { type: stdin }
containers:
  - { name: in, contid: "2", pid: 11, parent: "1" }
  - { name: web, contid: "1", pid: 10 }
`;

t.test("a configuration is read, with its defaults and parents first", async (t) => {
  const path = join(t.testdir({ "c.yaml": GOOD }), "c.yaml");
  t.strictSame(await readConfig(path), {
    logs: "var/log",
    fresh: false,
    source: { type: "stdin" },
    worker: { ttl: 10 },
    rules: new Map(),
    control: defaultControl(),
    auditdConfs: new Map(),
    logOptions: new Map(),
    limits: new Map(),
    containers: [
      { name: "web", contid: 1n, pid: 10 },
      { name: "in", contid: 2n, pid: 11, parent: 1n },
    ],
  });
});

t.test("the simulator has a seed and a rate, and gives the pids", async (t) => {
  const text =
    "logs: l\nfresh: true\nnats: nats://h\nsource: { type: simulator }\ncontainers: []\n";
  t.strictSame(parseConfig("c.yaml", text), {
    logs: "l",
    fresh: true,
    nats: "nats://h",
    source: { type: "simulator", seed: 1, rate: 1000 },
    worker: { ttl: 10 },
    rules: new Map(),
    control: defaultControl(),
    auditdConfs: new Map(),
    logOptions: new Map(),
    limits: new Map(),
    containers: [],
  });
});

t.test("a socket has a path", async (t) => {
  const text = "logs: l\nsource: { type: unix, path: /run/audit }\ncontainers: []\n";
  t.strictSame(parseConfig("c.yaml", text).source, { type: "unix", path: "/run/audit" });
});

t.test("a file that cannot be read is named", async (t) => {
  const path = join(t.testdir({}), "none.yaml");
  t.same(await problemsOf(() => readConfig(path)), [`${path}: no such file or folder (ENOENT)`]);
});

const SOURCE = "expected {type: simulator}, {type: stdin} or {type: unix, listen or log ...}";
const bombs = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`);

const STDIN = "logs: l\nsource: { type: stdin }\n";

interface Bad {
  readonly name: string;
  readonly text: string;
  readonly problems: readonly (string | RegExp)[];
}

const bad: readonly Bad[] = [
  { name: "nothing", text: "", problems: ["c.yaml: expected logs, source and containers"] },
  { name: "a list", text: "[]", problems: ["c.yaml:1: expected logs, source and containers"] },
  {
    name: "no YAML",
    text: "logs: l\nsource: { type: stdin\ncontainers: []\n",
    problems: [/^c\.yaml:3:1: /],
  },
  {
    name: "a key twice",
    text: "logs: a\nlogs: b\n",
    problems: [/^c\.yaml:2:1: Map keys must be unique/],
  },
  { name: "a tab as indent", text: "source:\n\ttype: stdin\n", problems: [/^c\.yaml:2:1: /] },
  { name: "an alias without an anchor", text: "logs: *x\n", problems: [/^c\.yaml: .*alias.*x/] },
  {
    name: "aliases that grow without bound",
    text: `a: &a-1 x\n${bombs.join("\n")}\n`,
    problems: [/^c\.yaml: .*alias/],
  },
  {
    name: "a wrong type everywhere, and a bad container",
    text: 'logs: 7\nfresh: "yes"\nnats: 1\nsource: tape\nextra: 1\ncontainers: [{ name: host }]\n',
    problems: [
      "c.yaml:1: logs: expected the folder for the logs",
      "c.yaml:2: fresh: expected true or false",
      "c.yaml:3: nats: expected a NATS URL",
      `c.yaml:4: source: ${SOURCE}`,
      "c.yaml:5: extra: there is no such field",
      /^c\.yaml:6: containers\[0\]\.name: expected a name: .*, and not `host`$/,
      "c.yaml:6: containers[0].contid: expected a contid as decimal text, in quotes",
    ],
  },
  {
    name: "a source that there is not",
    text: "logs: l\nsource: { type: tape }\ncontainers: []\n",
    problems: [`c.yaml:2: source.type: ${SOURCE}`],
  },
  {
    name: "settings of the simulator out of range",
    text: "logs: l\nsource: { type: simulator, seed: -1, rate: 0 }\ncontainers: []\n",
    problems: [/^c\.yaml:2: source\.seed: /, /^c\.yaml:2: source\.rate: /],
  },
  {
    name: "no path of a socket",
    text: "logs: l\nsource: { type: unix }\ncontainers: []\n",
    problems: ["c.yaml:2: source.path: expected the path of a socket"],
  },
  {
    name: "a path of a socket that would be cut",
    text: `logs: l\nsource: { type: unix, path: /${"é".repeat(54)} }\ncontainers: []\n`,
    problems: ["c.yaml:2: source.path: expected the path of a socket: 1 to 107 bytes"],
  },
  {
    name: "lists where names are expected, and a pid that is missing, whatever else is wrong",
    text: 'logs: l\nrules: [a]\nsource: { type: unix }\ncontainers: [{ name: a, contid: "1" }]\n',
    problems: [
      "c.yaml:3: source.path: expected the path of a socket",
      "c.yaml:2: rules: expected NAME: rules file",
      "c.yaml:4: containers[0].pid: expected a process ID: a number from 1 to 4194304",
    ],
  },
  {
    name: "no list of containers",
    text: `${STDIN}containers: 1\n`,
    problems: ["c.yaml:3: containers: expected a list of containers"],
  },
  {
    name: "a pid that the simulator gives",
    text: 'logs: l\nsource: { type: simulator }\ncontainers: [{ name: a, contid: "1", pid: 1 }]\n',
    problems: ["c.yaml:3: containers[0].pid: the simulator gives the pids"],
  },
  {
    name: "no pid, where nobody gives it; a contid that YAML would round",
    text: `${STDIN}containers: [{ name: a, contid: 18446744073709551614 }]\n`,
    problems: [
      "c.yaml:3: containers[0].contid: expected a contid as decimal text, in quotes",
      "c.yaml:3: containers[0].pid: expected a process ID: a number from 1 to 4194304",
    ],
  },
  {
    name: "a property of a container that there is not",
    text: `${STDIN}containers: [{ name: a, contid: "1", pid: 1, uid: 0 }]\n`,
    problems: ["c.yaml:3: containers[0].uid: there is no such field"],
  },
  {
    name: "containers that do not fit together",
    text: GOOD.replace('parent: "1"', 'parent: "9"').replace("web", "in"),
    problems: [
      "c.yaml:6: containers[1].name: in is that of [0] already",
      "c.yaml:5: containers[0].parent: no container has contid 9",
    ],
  },
  {
    name: "a circle",
    text: GOOD.replace("pid: 10", 'pid: 10, parent: "2"'),
    problems: ["c.yaml:5: containers[0].parent: the containers are nested in a circle"],
  },
];

for (const { name, text, problems } of bad) {
  t.test(`refused, with every problem at once: ${name}`, async (t) => {
    const found = await problemsOf(() => parseConfig("c.yaml", text));
    t.match(found, problems);
    t.equal(found?.length, problems.length);
  });
}

t.test("auditd_conf names a file for each instance that has one", async (t) => {
  const text = (lines: string) =>
    `logs: l\nsource: { type: stdin }\ncontainers: []\nauditd_conf:\n${lines}`;
  const { auditdConfs } = parseConfig("F", text("  host: etc/auditd.conf\n"));
  t.same([...auditdConfs], [["host", "etc/auditd.conf"]]);
  const stranger = text("  web: etc/auditd.conf\n");
  t.same(await problemsOf(() => parseConfig("F", stranger)), [
    "F:5: auditd_conf.web: no such instance",
  ]);
});

t.test("log_options say how a log is kept beyond its auditd.conf", async (t) => {
  const text = (lines: string) =>
    `logs: l\nsource: { type: stdin }\ncontainers: []\nlog_options:\n${lines}`;
  const { logOptions } = parseConfig("F", text("  host: { compress: true, keep: { days: 2 } }\n"));
  t.strictSame(
    [...logOptions],
    [
      [
        "host",
        { resumesWithSpace: false, runlevels: {}, retention: { compress: true, maxAge: 172_800 } },
      ],
    ],
  );
  t.same(await problemsOf(() => parseConfig("F", text("  web: {}\n"))), [
    "F:5: log_options.web: no such instance",
  ]);
});

t.test("instances says what the host lets a tenant record", async (t) => {
  const text = (lines: string) =>
    `logs: l\nsource: { type: stdin }\ncontainers: []\ninstances:\n${lines}`;
  const { limits } = parseConfig("F", text("  host: { quota: { rate: 10, burst: 50 } }\n"));
  t.strictSame([...limits], [["host", { quota: { rate: 10, burst: 50 } }]]);
  t.same(await problemsOf(() => parseConfig("F", text("  web: { overflow: oldest }\n"))), [
    "F:5: instances.web: no such instance",
  ]);
  t.same(await problemsOf(() => parseConfig("F", text("  host: { overflow: all }\n"))), [
    "F:5: instances.host.overflow: expected newest, oldest, priority",
  ]);
});
