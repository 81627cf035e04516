import t from "tap";
import { directOutput } from "../../src/terminal/direct-output.ts";

function failing(code: string): Error {
  return Object.assign(new Error(code), { code });
}

t.test("all bytes are written, however few are taken at once", async (t) => {
  const got: [number, string][] = [];
  let calls = 0;
  const io = directOutput((fd, bytes, from) => {
    if (++calls % 3 === 0) throw failing("EAGAIN");
    got.push([fd, Buffer.from(bytes.subarray(from, from + 2)).toString()]);
    return Math.min(2, bytes.length - from);
  });
  io.out("abcde");
  io.err("é");
  t.strictSame(got, [
    [1, "ab"],
    [1, "cd"],
    [1, "e"],
    [2, "é"],
  ]);
  t.equal(io.stop.exitCode, 0);
});

t.test("a reader that goes away asks to stop, as SIGPIPE would", async (t) => {
  let calls = 0;
  const io = directOutput(() => {
    calls++;
    throw failing("EPIPE");
  });
  io.err("x");
  t.equal(io.stop.signal, undefined, "nobody has to read complaints");
  io.out("x");
  await io.stop.requested;
  t.strictSame([io.stop.signal, io.stop.exitCode], ["SIGPIPE", 141]);
  io.out("x");
  t.equal(calls, 2, "nothing is written any more");
});

t.test("another error is told", async (t) => {
  const io = directOutput(() => {
    throw failing("ENOSPC");
  });
  t.throws(() => io.out("x"), { code: "ENOSPC" });
});
