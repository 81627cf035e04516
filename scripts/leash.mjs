// Loaded into the cauditd process that start.mjs runs (node --import). That process has a
// process group of its own, so it would outlive a start.mjs that is killed outright; the pipe on
// descriptor 3 closes then, and cauditd is asked to stop.
import { Socket } from "node:net";

const pipe = new Socket({ fd: 3, readable: true, writable: false });
pipe.on("close", () => process.kill(process.pid, "SIGTERM"));
pipe.resume();
pipe.unref();
