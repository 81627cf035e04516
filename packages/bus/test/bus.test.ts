import { MAX_FRAME_BYTES, WINDOW_MAX } from "@cauditd/bus";
import t from "tap";
import {
  busyError,
  checkFrame,
  checkLimits,
  checkScope,
  checkSubscribe,
  removedError,
  shutdownError,
} from "../src/bus.ts";

t.test("a scope is host or a contid in decimal", async (t) => {
  for (const scope of ["host", "0", "7", "18446744073709551615"]) checkScope(scope);
  for (const scope of ["", "hosts", "0x7", "7 ", "7.g1", "123456789012345678901"]) {
    t.throws(() => checkScope(scope), { code: "EINVAL" }, scope);
  }
});

t.test("the greatest frame and the greatest sequence are allowed, one more is not", async (t) => {
  checkFrame("7", Number.MAX_SAFE_INTEGER, new Uint8Array(MAX_FRAME_BYTES));
  t.throws(() => checkFrame("7", 0, new Uint8Array(MAX_FRAME_BYTES + 1)), {
    message: /frame 0 of scope 7: 1044481 bytes, at most 1044480$/,
  });
  t.throws(() => checkFrame("7", Number.MAX_SAFE_INTEGER + 1, new Uint8Array(0)), {
    code: "EINVAL",
  });
});

t.test("a window is within 1 and its maximum, limits are from 1", async (t) => {
  checkSubscribe("host", { window: 1 });
  checkSubscribe("host", { window: WINDOW_MAX });
  t.throws(() => checkSubscribe("host", { window: 0 }), {
    message: /expected an integer in 1\.\./,
  });
  checkLimits({ frames: 1, bytes: 1 });
  t.throws(() => checkLimits({ frames: 1, bytes: -1 }), { message: /limit of bytes -1/ });
});

t.test("errors name the scope or the call", async (t) => {
  t.match(busyError("7"), { code: "EBUSY", message: /scope 7/ });
  t.match(removedError("7"), { code: "ENOENT", message: /scope 7/ });
  t.match(shutdownError("publish"), { code: "ESHUTDOWN", message: /publish/ });
});
