import { join } from "node:path";
import t, { type Test } from "tap";
import { Node } from "../../src/node/node.ts";
import { LiveView } from "../../src/watch/live-view.ts";
import { type FakeIo, fakeIo } from "../fake-io.ts";
import { events } from "../records.ts";

/** A node with two containers, whose view draws on a terminal or writes lines. */
async function viewed(
  t: Test,
  screen: boolean,
): Promise<{
  readonly node: Node;
  readonly io: FakeIo;
  readonly view: LiveView;
  readonly out: string;
}> {
  const io = fakeIo({ screen });
  const out = t.testdir({});
  const containers = [
    { name: "web", contid: 1n, pid: 100 },
    { name: "db", contid: 2n, pid: 200 },
  ];
  const node = await Node.start({ out, containers, onFull: "drop", log: io.log });
  t.teardown(() => node.stop());
  return { node, io, view: new LiveView(node, io, "var/log"), out };
}

t.test("elsewhere than on a terminal it is a line, with what each scope has written", async (t) => {
  const { node, io, view } = await viewed(t, false);
  view.show();
  t.match(io.stdout(), /^\d\d:\d\d:\d\d host 0\/s 0 \| web 0\/s 0 \| db 0\/s 0\n$/);
  node.dispatcher.push(Buffer.from(events(1, 3, 100)));
  await node.finish();
  view.show();
  view.end();
  t.match(io.stdout(), /\n\d\d:\d\d:\d\d host \d+\/s 3 \| web \d+\/s 3 \| db 0\/s 0\n$/);
  t.notMatch(io.stdout(), "\u001b", "no escape sequences");
});

t.test("the line says what was lost, where something was", async (t) => {
  const { node, io, view } = await viewed(t, false);
  const host = node.instances.find(({ name }) => name === "host");
  if (host === undefined) throw new Error("no instance for the host");
  host.instance.status.rate_limit = 1;
  node.dispatcher.push(Buffer.from(events(1, 3, 100)));
  await node.finish();
  view.show();
  const [, written, lost] = /host \d+\/s (\d+) lost (\d+) \| web \d+\/s 3 /.exec(io.stdout()) ?? [];
  t.ok(Number(lost) > 0, io.stdout());
  t.equal(Number(written) + Number(lost), 3);
});

const CLEAR = "\u001b[0J";

t.test("on a terminal it is a table, drawn over the last one", async (t) => {
  const { node, io, view, out } = await viewed(t, true);
  node.dispatcher.push(Buffer.from(events(1, 3, 100)));
  await node.finish();
  view.show();
  const first = io.stdout();
  t.ok(first.startsWith(CLEAR));
  t.match(
    first,
    "cauditd: 3 instances on the memory bus, 0 s, logs in var/log (Ctrl-C stops)\n\nscope",
  );
  t.match(
    first,
    /^scope +events\/s +routed +in flight +rate +backlog +bus +disk +written +log *$/m,
  );
  t.match(first, new RegExp(`^web +\\d+ +3( +0){5} +3 +${join(out, "web/audit.log")} *$`, "m"));
  const height = first.split("\n").length - 1;
  t.equal(height, 6);
  view.show();
  t.ok(io.stdout().slice(first.length).startsWith(`\u001b[${height}F${CLEAR}`));
});

t.test("at the end the table stays, and what follows begins below it", async (t) => {
  const { io, view } = await viewed(t, true);
  view.end();
  t.equal(io.stdout(), "", "nothing was drawn");
  view.show();
  const drawn = io.stdout();
  view.end();
  t.equal(io.stdout(), `${drawn}\n`);
  view.show();
  t.ok(
    io
      .stdout()
      .slice(drawn.length + 1)
      .startsWith(CLEAR),
    "a new table, not over the old one",
  );
});
