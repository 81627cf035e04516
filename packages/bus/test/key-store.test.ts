import { bucketName, KEY_PATTERN, MAX_VALUE_BYTES } from "@cauditd/bus";
import t from "tap";
import { checkKey, checkValue, keyChanged, keyExists } from "../src/key-store.ts";

t.test("what is a key, and how long its value may be", async (t) => {
  t.ok(KEY_PATTERN.test("worker_1-a"));
  t.throws(() => checkKey("a.b"), { code: "EINVAL", message: /key "a\.b": expected 1\.\.64/ });
  checkKey("x".repeat(64));
  checkValue("a", new Uint8Array(MAX_VALUE_BYTES));
  const long = new Uint8Array(MAX_VALUE_BYTES + 1);
  t.throws(() => checkValue("a", long), { code: "EINVAL", message: /524289 bytes, at most/ });
});

t.test("the buckets of a host have names that a bucket may have", async (t) => {
  t.equal(bucketName("web-1", "state"), "cauditd_web-1_state");
  checkKey(bucketName("x".repeat(32), "workers"));
});

t.test("errors name the key and the revision", async (t) => {
  t.match(keyExists("a"), { code: "EEXIST", message: /create key a/ });
  t.match(keyChanged("a", 7), { code: "ESTALE", message: /not at revision 7/ });
});
