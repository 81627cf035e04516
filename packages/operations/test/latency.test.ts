import { Registry } from "prom-client";
import t from "tap";
import { Latency } from "../src/latency.ts";

t.test("a frame's time is put into the bucket of its stage, in seconds", async (t) => {
  const registry = new Registry();
  const latency = new Latency();
  latency.enter(registry);
  latency.observe("log", 3);
  latency.observe("log", 700);
  const text = await registry.metrics();
  t.match(text, 'cauditd_stage_seconds_bucket{le="0.0025",stage="log"} 0\n');
  t.match(text, 'cauditd_stage_seconds_bucket{le="0.005",stage="log"} 1\n');
  t.match(text, 'cauditd_stage_seconds_sum{stage="log"} 0.703\n');
  t.notMatch(text, /stage="publish"/);
});
