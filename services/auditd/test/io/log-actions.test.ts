import { once } from "node:events";
import { chmodSync, readFileSync, watch, writeFileSync } from "node:fs";
import { type ActionLog, MachineActions } from "@cauditd/auditd";
import t from "tap";

class Told implements ActionLog {
  readonly said: [string, object, string][] = [];
  warn(details: object, text: string): void {
    this.said.push(["warn", details, text]);
  }
  error(details: object, text: string): void {
    this.said.push(["error", details, text]);
    this.wake();
  }
  wake: () => void = () => undefined;
}

/** A program that writes its arguments, its instance and its input to `out`, all at once. */
function program(folder: string): string {
  const path = `${folder}/run`;
  const text = `#!/bin/sh
{ echo "$CAUDITD_INSTANCE:$*"; cat; } > ${folder}/out.part
mv ${folder}/out.part ${folder}/out
`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** What the program wrote, once it has. */
async function written(folder: string, start: () => void): Promise<string> {
  const watcher = watch(folder);
  start();
  for (;;) {
    const [, name] = (await once(watcher, "change")) as [string, string];
    if (name !== "out") continue;
    watcher.close();
    return readFileSync(`${folder}/out`, "utf8");
  }
}

t.test("a text is told with its priority and its instance", async (t) => {
  const told = new Told();
  const actions = new MachineActions({ name: "web", told });
  actions.perform({ kind: "syslog", priority: "notice", text: "n" });
  actions.perform({ kind: "syslog", priority: "alert", text: "a" });
  t.same(told.said, [
    ["warn", { instance: "web", priority: "notice" }, "n"],
    ["error", { instance: "web", priority: "alert" }, "a"],
  ]);
});

t.test("EXEC runs the program itself, without a shell", async (t) => {
  const folder = t.testdir({});
  const actions = new MachineActions({ name: "web", told: new Told() });
  const argv = [program(folder), "$HOME; true"];
  const out = await written(folder, () => actions.perform({ kind: "exec", argv }));
  t.equal(out, "web:$HOME; true\n");
});

t.test("EMAIL hands a letter to sendmail", async (t) => {
  const folder = t.testdir({});
  const actions = new MachineActions({
    name: "web",
    told: new Told(),
    sendmail: program(folder),
  });
  const out = await written(folder, () =>
    actions.perform({ kind: "mail", to: "root", subject: "Alert", text: "low\nspace" }),
  );
  t.equal(out, "web:-t\nTo: root\nFrom: root\nSubject: Alert\n\nlow\nspace\n");
});

t.test("SINGLE and HALT run what stands for them, else nothing", async (t) => {
  const folder = t.testdir({});
  const runlevels = { halt: [program(folder), "stop", "web"] };
  const actions = new MachineActions({ name: "web", told: new Told(), runlevels });
  actions.perform({ kind: "runlevel", level: "single" });
  const out = await written(folder, () => actions.perform({ kind: "runlevel", level: "halt" }));
  t.equal(out, "web:stop web\n");
});

t.test("a program that cannot be run is told, and ends nothing", async (t) => {
  const told = new Told();
  const failed = new Promise<void>((resolve) => {
    told.wake = resolve;
  });
  const actions = new MachineActions({ name: "web", told });
  actions.perform({ kind: "exec", argv: ["/nowhere/at/all"] });
  await failed;
  t.match(told.said, [
    ["error", { instance: "web" }, "Audit daemon failed to exec /nowhere/at/all"],
  ]);
  actions.perform({ kind: "exec", argv: ["/x\0y"] });
  t.equal(told.said.length, 2);
});
