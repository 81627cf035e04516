import t from "tap";
import { start } from "../src/start.ts";
import { fakeIo } from "./fake-io.ts";

t.test("a search that cannot be read is a problem of one line", async (t) => {
  const io = fakeIo();
  t.equal(await start(["search", "a/b"], io), 1);
  t.equal(io.stderr(), "cauditd: a/b: expected the name of an instance\n");
});

t.test("other commands go their way", async (t) => {
  t.intercept(process.stderr, "write", { value: () => true });
  t.equal(await start(["no-such-command"]), 2);
});

t.test("wrong arguments end with 2; a file that is not there, with 1", async (t) => {
  t.intercept(process.stderr, "write", { value: () => true });
  for (const wrong of [
    ["tail", "web", "--from", "xx"],
    ["tail", "4", "--from", "xx", "--nats", "nats://127.0.0.1:1", "--host", "h"],
    ["tail", "web", "--consumer", "x"],
    ["tail", "web", "--inbox", "_INBOX_web"],
    ["tail", "web", "--nats", "nats://127.0.0.1:1", "--host", "h"],
    ["consumer", "web", "--nats", "nats://127.0.0.1:1", "--host", "h"],
    ["consumer", "4", "--nats", "nats://127.0.0.1:1"],
    ["ps", "--nats", "http://x"],
  ]) {
    t.equal(await start(wrong), 2, wrong.join(" "));
  }
  t.equal(await start(["up", "--config", "/none"]), 1);
});
