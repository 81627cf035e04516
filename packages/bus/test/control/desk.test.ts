import { type ControlCall, MAX_LIFE_MS, MAX_REMEMBERED, MAX_WAITING } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { deskOf, request, TestClock } from "./clock.ts";

const SET = { principal: "root", verb: "set" };

t.test("the handler learns the principal from the address, never from the body", async (t) => {
  const calls: ControlCall[] = [];
  const clock = new TestClock();
  const desk = deskOf(async (call) => calls.push(call), clock);
  const forged = request("r1", clock.now + 1000, { principal: "root", scope: "host" });
  t.same(await desk.answer({ principal: "web", verb: "set" }, forged), { errno: 0, result: 1 });
  const body = { principal: "root", scope: "host" };
  t.match(calls, [{ principal: "web", verb: "set", body, id: "r1", digest: /^[\w+/]{43}=$/ }]);
});

t.test("a handler without a result gives null, one that throws its errno", async (t) => {
  const clock = new TestClock();
  const errors: unknown[] = [];
  let thrown: unknown;
  const desk = deskOf(
    async () => {
      if (thrown !== undefined) throw thrown;
    },
    clock,
    errors,
  );
  const ask = (id: string) => desk.answer(SET, request(id, clock.now + 1000));
  t.same(await ask("a"), { errno: 0, result: null });
  thrown = new AuditError(Errno.EPERM, "no");
  t.match(await ask("b"), { errno: Errno.EPERM });
  t.same(errors, []);
  thrown = new TypeError("broken");
  t.match(await ask("c"), { errno: Errno.EIO });
  t.same(errors, [thrown]);
  t.same(desk.counts("set"), { ok: 1, EPERM: 1, EIO: 1 });
  t.same(desk.counts("get"), {});
});

t.test("unknown principals, verbs and bytes are refused before anything is done", async (t) => {
  const clock = new TestClock();
  let calls = 0;
  const desk = deskOf(async () => ++calls, clock);
  const good = request("r1", clock.now + 1000);
  t.match(await desk.answer({ principal: "nobody", verb: "set" }, good), { errno: Errno.EPERM });
  t.match(await desk.answer({ principal: "root", verb: "drop" }, good), { errno: Errno.EINVAL });
  t.match(await desk.answer(SET, Buffer.from("x")), { errno: Errno.EINVAL });
  t.equal(calls, 0);
  t.same(desk.counts("?"), { EINVAL: 1 });
});

t.test("a replayed request is carried out once and gets the same answer", async (t) => {
  const clock = new TestClock();
  let calls = 0;
  const desk = deskOf(async () => ++calls, clock);
  const sent = request("r1", clock.now + 1000);
  const answers = await Promise.all([desk.answer(SET, sent), desk.answer(SET, sent)]);
  t.same(answers, [
    { errno: 0, result: 1 },
    { errno: 0, result: 1 },
  ]);
  t.equal(calls, 1);
  const forged = request("r1", clock.now + 1000, { other: true });
  t.match(await desk.answer(SET, forged), { errno: Errno.EINVAL, error: /used for another/ });
  t.equal(calls, 1);
  t.same(await desk.answer({ principal: "web", verb: "set" }, sent), { errno: 0, result: 2 });
});

t.test("a request that has expired is not carried out, nor one from too far ahead", async (t) => {
  const clock = new TestClock();
  let calls = 0;
  const desk = deskOf(async () => ++calls, clock);
  const sent = request("r1", clock.now + 1000);
  await desk.answer(SET, sent);
  clock.now += 1000;
  t.match(await desk.answer(SET, sent), { errno: Errno.ETIMEDOUT, error: /r1 has expired/ });
  const far = request("r2", clock.now + MAX_LIFE_MS + 1);
  t.match(await desk.answer(SET, far), { errno: Errno.EINVAL, error: /expires: expected/ });
  t.equal(calls, 1);
  clock.now -= 5000;
  t.match(await desk.answer(SET, sent), { errno: Errno.ETIMEDOUT }, "a clock that is set back");
});

t.test("requests of a principal are carried out in turn; others do not wait", async (t) => {
  const clock = new TestClock();
  const order: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const desk = deskOf(async ({ principal, body }) => {
    const { n } = body as { n: number };
    if (n === 1) await gate;
    order.push(`${principal}${n}`);
  }, clock);
  const ask = (principal: string, n: number) =>
    desk.answer({ principal, verb: "get" }, request(`r${n}`, clock.now + 1000, { n }));
  const first = ask("root", 1);
  const second = ask("root", 2);
  await ask("web", 3);
  open();
  await Promise.all([first, second]);
  t.same(order, ["web3", "root1", "root2"]);
});

t.test("a request that expires while it waits is not carried out", async (t) => {
  const clock = new TestClock();
  let calls = 0;
  const desk = deskOf(async () => {
    calls++;
    clock.now += 5000;
  }, clock);
  const both = [
    desk.answer(SET, request("r1", clock.now + 1000)),
    desk.answer(SET, request("r2", clock.now + 1000)),
  ];
  t.match(await Promise.all(both), [{ errno: 0 }, { errno: Errno.ETIMEDOUT }]);
  t.equal(calls, 1);
});

t.test("what waits and what is remembered is bounded", async (t) => {
  const clock = new TestClock();
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const stuck = deskOf(() => gate, clock);
  const waiting = Array.from({ length: MAX_WAITING }, (_, n) =>
    stuck.answer(SET, request(`r${n}`, clock.now + 1000)),
  );
  t.match(await stuck.answer(SET, request("more", clock.now + 1000)), { errno: Errno.EAGAIN });
  open();
  await Promise.all(waiting);
  t.match(await stuck.answer(SET, request("more", clock.now + 1000)), { errno: 0 });

  const desk = deskOf(async () => undefined, clock);
  for (let n = 0; n < MAX_REMEMBERED; n++) {
    await desk.answer(SET, request(`r${n}`, clock.now + (n === 7 ? 500 : 1000)));
  }
  t.match(await desk.answer(SET, request("a", clock.now + 1000)), { errno: Errno.ENOBUFS });
  clock.now += 500;
  t.match(await desk.answer(SET, request("a", clock.now + 1000)), { errno: 0 });
  t.match(await desk.answer(SET, request("b", clock.now + 1000)), { errno: Errno.ENOBUFS });
});
