import t from "tap";
import { NameType, PathFact, readPath, text } from "../../src/filter/path-fact.ts";

function read(body: string): PathFact {
  const buf = Buffer.from(body, "latin1");
  const fact = new PathFact();
  readPath(buf, 0, buf.length, fact);
  return fact;
}

t.test("a PATH record is read field by field", (t) => {
  const fact = read(
    'item=1 name="/dev/x" inode=12345678901 dev=fe:0a mode=0120777 ouid=1000 ogid=5 ' +
      "rdev=08:11 obj=u:r:t:s0 nametype=CREATE cap_fp=0",
  );
  t.match(fact, {
    name: "/dev/x",
    found: true,
    inode: 12345678901,
    major: 0xfe,
    minor: 0x0a,
    mode: 0o120777,
    uid: 1000,
    gid: 5,
    rdevMajor: 8,
    rdevMinor: 0x11,
    type: NameType.create,
  });
  t.end();
});

t.test("a name that was not found has no inode, and owner and device 0 (AUD-148)", (t) => {
  const fact = read('item=0 name="/no" nametype=UNKNOWN cap_fp=0');
  t.match(fact, { name: "/no", found: false, uid: 0, gid: 0, major: 0, type: NameType.unknown });
  t.end();
});

t.test("a call on a descriptor has no name, an encoded name is decoded", (t) => {
  t.equal(read("item=0 name=(null) inode=5 dev=00:01 nametype=NORMAL").name, undefined);
  t.equal(read("item=0 name=2F612062 inode=5 dev=00:01 nametype=NORMAL").name, "/a b");
  const quoted = Buffer.from('"/a"');
  t.equal(text(quoted, 0, quoted.length), "/a");
  t.end();
});

t.test("a fact that is used again keeps nothing of the last record", (t) => {
  const fact = new PathFact();
  const full = Buffer.from(
    'item=0 name="/a" inode=5 dev=01:02 mode=0100644 ouid=7 nametype=DELETE',
  );
  readPath(full, 0, full.length, fact);
  const bare = Buffer.from("item=0 name=(null) nametype=PARENT");
  readPath(bare, 0, bare.length, fact);
  t.same({ ...fact }, { ...new PathFact(), type: NameType.parent });
  t.end();
});
