import t from "tap";
import { isLive } from "../../src/container/container-object.ts";
import { exit } from "../../src/emulation/task-calls.ts";
import { contained, emulate } from "../emulation/host.ts";

t.test("a container lives as long as a task is directly in it", async (t) => {
  const kernel = emulate();
  const task = contained(kernel, 5n);
  const container = kernel.containers.find(5n);
  t.ok(container !== undefined && isLive(container));
  exit(kernel, task);
  t.ok(container !== undefined && !isLive(container));
});
