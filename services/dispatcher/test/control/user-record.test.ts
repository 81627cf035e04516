import t from "tap";
import { controlOf } from "./fake-node.ts";

t.test("CID-63, CID-81: a user record is its writer's own, and lands in its scope", async (t) => {
  const { control, node } = await controlOf();
  await control.handle("web", "user-record", { text: "op=test res=success" });
  await control.handle("weak", "user-record", { type: 1112, text: "x" });
  await control.handle("root", "user-record", { type: 1124, text: "ls" });
  t.same(node.recorded, [
    {
      in: "web",
      chain: "7",
      record: "USER pid=701 uid=0 auid=1000 ses=3 msg='op=test res=success'",
    },
    {
      in: "host",
      chain: "",
      record: "USER_LOGIN pid=50 uid=0 auid=4294967295 ses=4294967295 msg='x'",
    },
    {
      in: "host",
      chain: "",
      record: 'USER_TTY pid=1 uid=0 auid=4294967295 ses=4294967295 data="ls"',
    },
  ]);
});

t.test("CID-81, CID-79: without the capability, or of another type, it is refused", async (t) => {
  const { control } = await controlOf();
  await t.rejects(control.handle("reader", "user-record", { text: "x" }), { code: "EPERM" });
  const kernel = control.handle("root", "user-record", { type: 1300, text: "x" });
  await t.rejects(kernel, { code: "EINVAL" });
  const request = control.handle("root", "user-record", { type: 1001, text: "x" });
  await t.rejects(request, { code: "EINVAL" });
  const short = control.handle("root", "user-record", { text: "" });
  await t.rejects(short, { code: "EINVAL" }, "CID-82");
});

t.test("CID-83: where auditing is off it is taken and dropped, USER_AVC is kept", async (t) => {
  const { control, node } = await controlOf();
  await control.handle("root", "status-set", { scope: "web", enabled: 0 });
  const before = node.recorded.length;
  t.equal(await control.handle("web", "user-record", { text: "x" }), null);
  t.equal(node.recorded.length, before);
  await control.handle("web", "user-record", { type: 1107, text: "x" });
  t.equal(node.recorded.length, before + 1);
});
