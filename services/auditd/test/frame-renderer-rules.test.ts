// What an instance with rules of its own writes of a frame.
import { FrameRenderer } from "@cauditd/auditd";
import { decodeFrame } from "@cauditd/bus";
import { Instance } from "@cauditd/kernel";
import { MAX_KEY_LENGTH, type Rule } from "@cauditd/libaudit";
import t from "tap";
import { encode, type FramedEvent } from "./frames.ts";
import { rule } from "./rules.ts";

/** An instance of scope 4 with these rules, and what it writes of one frame. */
function render(rules: readonly Rule[], events: readonly FramedEvent[]): [Instance, string[]] {
  const instance = new Instance("4");
  instance.rules.load(rules);
  const frame = decodeFrame(encode("4", 1, events));
  const { bytes } = new FrameRenderer(instance).render(frame);
  return [instance, bytes.toString("latin1").split("\n").slice(0, -1)];
}

/** A system call with this key, as the source had it. */
function call(syscall: number, key = 'key="source"', more: readonly string[] = []): FramedEvent {
  const stamp = `msg=audit(1700000000.123:${5000 + syscall})`;
  const body = `arch=c000003e syscall=${syscall} success=yes exit=0 ppid=1 pid=2 auid=0 uid=0`;
  return {
    lines: [
      `type=SYSCALL ${stamp}: ${body} comm="sh" ${key}`,
      `type=CWD ${stamp}: cwd="/"`,
      ...more.map((text) => text.replace("STAMP", stamp)),
      `type=PROCTITLE ${stamp}: proctitle=7368`,
    ],
    chain: "4",
  };
}

/** The lines with the stamp of a serial, and another key. */
function expected(event: FramedEvent, serial: number, key: string): string[] {
  const lines = event.lines.map((line) =>
    line.replace(/:\d+\)/, `:${serial})`).replace('key="source"', key),
  );
  const stamp = `msg=audit(1700000000.123:${serial})`;
  return lines.toSpliced(-1, 0, `type=CONTAINER_ID ${stamp}: record=1 contid=4`);
}

t.test("events that no rule asks for leave nothing, and use no serial", async (t) => {
  const rules = [rule("-a", "always,exit", "-S", "openat", "-k", "mine")];
  const [instance, lines] = render(rules, [call(0), call(257), call(1), call(257)]);
  t.same(lines, [...expected(call(257), 1, 'key="mine"'), ...expected(call(257), 2, 'key="mine"')]);
  t.match(instance.account, { routed: 4, filtered: 2, inFlight: 2 });
});

t.test("CID-98: the key is that of the instance's own rule, never the source's", async (t) => {
  const none = [rule("-a", "always,exit", "-S", "all")];
  t.same(render(none, [call(257)])[1], expected(call(257), 1, "key=(null)"));
  const blank = [rule("-a", "always,exit", "-S", "all", "-k", "a b")];
  t.same(render(blank, [call(257)])[1], expected(call(257), 1, "key=612062"));
  t.same(render(blank, [call(257, "key=(null)")])[1], expected(call(257), 1, "key=612062"));
});

t.test("what stands behind the key, and a record without one, stays", async (t) => {
  const rules = [rule("-a", "always,exit", "-S", "all", "-k", "mine")];
  const enriched = 'key="source"\x1dARCH=x86_64 SYSCALL=openat';
  const key = 'key="mine"\x1dARCH=x86_64 SYSCALL=openat';
  t.equal(render(rules, [call(257, enriched)])[1][0], expected(call(257), 1, key)[0]);
  const bare = call(257, "a=1");
  t.same(render(rules, [bare])[1], expected(bare, 1, ""));
});

t.test("a CONTAINER_ID record goes last when PROCTITLE is excluded", async (t) => {
  const rules = [
    rule("-a", "always,exit", "-S", "all"),
    rule("-a", "always,exclude", "-F", "msgtype=PROCTITLE"),
  ];
  const [head, cwd, contid] = expected(call(257), 1, "key=(null)");
  t.same(render(rules, [call(257)])[1], [head, cwd, contid]);
});

t.test("CID-124: CONTAINER_ID records can be excluded, and with contid all the rest", async (t) => {
  const all = rule("-a", "always,exit", "-S", "all");
  const type = rule("-a", "always,exclude", "-F", "msgtype=CONTAINER_ID");
  const [head, cwd, , title] = expected(call(257), 1, "key=(null)");
  t.same(render([all, type], [call(257)])[1], [head, cwd, title]);
});

t.test("many SYSCALL records under one serial, each with a longer key, fit", async (t) => {
  const key = "k ".repeat(MAX_KEY_LENGTH / 2);
  const rules = [rule("-a", "always,exit", "-S", "all", "-k", key)];
  const again = 'type=SYSCALL STAMP: arch=c000003e syscall=257 key="source"';
  const event = call(257, 'key="source"', new Array(200).fill(again));
  const hex = Buffer.from(key).toString("hex").toUpperCase();
  t.same(render(rules, [event])[1], expected(event, 1, `key=${hex}`));
});

t.test("the node name stays, and is on the CONTAINER_ID record too", async (t) => {
  const event = call(257);
  const named = { ...event, lines: event.lines.map((line) => `node=type= ${line}`) };
  const rules = [rule("-a", "always,exit", "-S", "all", "-k", "mine")];
  t.same(
    render(rules, [named])[1],
    expected(event, 1, 'key="mine"').map((line) => `node=type= ${line}`),
  );
});
