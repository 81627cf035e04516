import t from "tap";
import type { HostView } from "../../src/source/scope-source.ts";
import type { ScopeRow } from "../../src/watch/scope-rows.ts";
import { Rates, watch } from "../../src/watch/top.ts";
import { fakeIo } from "../fake-io.ts";

function source(views: readonly HostView[]) {
  let looks = 0;
  let closed = 0;
  return {
    look: async () => views[Math.min(looks++, views.length - 1)] as HostView,
    close: async () => {
      closed++;
    },
    closed: () => closed,
  };
}

const row = (written: number): ScopeRow => ({ name: "web", scope: "1", written });

t.test("rates are of what was written between two looks", async (t) => {
  const rates = new Rates();
  t.equal(rates.take([row(100)], 1000).get("1"), undefined, "the first look has none");
  t.equal(rates.take([row(150)], 1500).get("1"), 100);
  t.equal(rates.take([row(10)], 2500).get("1"), 0, "an owner that took over counts from 0");
  t.equal(rates.take([row(30)], 3500).get("1"), 20);
});

t.test("it is shown as often as asked, and drawn in place on a terminal", async (t) => {
  const view = { rows: [row(1)] };
  const plain = fakeIo();
  const first = source([view]);
  t.equal(await watch(first, { count: 2, interval: 0.001 }, plain), 0);
  t.equal(plain.stdout().match(/1 instances, 0 events lost/g)?.length, 2);
  t.notMatch(plain.stdout(), "\u001b");
  t.equal(first.closed(), 1);
  const screen = fakeIo({ screen: true });
  await watch(source([view]), { count: 2, interval: 0.001 }, screen);
  t.ok(screen.stdout().includes("\u001b[4F\u001b[0J1 instances"));
});

t.test("JSON is a line for each look, with rates", async (t) => {
  const io = fakeIo({ screen: true });
  await watch(source([{ rows: [row(1)] }]), { count: 2, interval: 0.001, json: true }, io);
  const lines = io.stdout().trim().split("\n");
  t.equal(lines.length, 2);
  t.match(JSON.parse(lines[1] ?? ""), { scopes: [{ name: "web", scope: "1", rate: 0 }] });
});

t.test("a signal ends it, and so does a host that is away", async (t) => {
  const io = fakeIo();
  const watched = source([{ rows: [row(1)] }]);
  const ended = watch(watched, { interval: 60 }, io);
  await io.shown(/instances/);
  io.signal("SIGINT");
  t.equal(await ended, 0);
  t.equal(watched.closed(), 1);
  const away = { look: () => Promise.reject(new Error("away")), close: async () => undefined };
  await t.rejects(watch(away, {}, fakeIo()), /away/);
});
