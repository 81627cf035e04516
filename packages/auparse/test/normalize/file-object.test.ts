import t from "tap";
import {
  fileAttributes,
  fileObject,
  pathAttributes,
  secondObject,
} from "../../src/normalize/file-object.ts";
import { call, part, working } from "./events.ts";

const CWD = 'CWD cwd="/"';

t.test("the file is the first that is not its folder, else the folder", async (t) => {
  const parent = 'PATH item=0 name="dir/" inode=1 mode=040755 nametype=PARENT';
  const file = 'PATH item=1 name="dir/f" inode=2 mode=0120777 nametype=CREATE';
  const work = working([call(257), CWD, parent, file]);
  fileObject(work, 0);
  t.same([part(work, "object"), part(work, "objectDetail")], ["dir/f", "2"]);
  t.equal(work.form.objectKind, "symlink");
  const failed = working([call(257), CWD, parent, "PROCTITLE proctitle=6C73"]);
  fileObject(failed, 0);
  t.same([part(failed, "object"), failed.form.objectKind], ["dir/", "directory"]);
  const none = working([call(257), CWD]);
  fileObject(none, 0);
  t.equal(none.form.object, undefined);
});

t.test("each file type has a word", async (t) => {
  const kinds = ["0100644", "040755", "020666", "060660", "010600", "0120777", "0140755", "0"];
  t.same(
    kinds.map((mode) => {
      const work = working([
        call(257),
        CWD,
        `PATH item=0 name="f" inode=9 mode=${mode} nametype=NORMAL`,
      ]);
      fileObject(work, 0);
      return work.form.objectKind;
    }),
    [
      "file",
      "directory",
      "character-device",
      "block-device",
      "fifo",
      "symlink",
      "socket",
      "unknown",
    ],
  );
});

t.test("a second name is in the record where it stands", async (t) => {
  const work = working([call(88), CWD, 'PATH item=0 name="target" nametype=UNKNOWN']);
  secondObject(work, 0);
  t.equal(part(work, "object2"), "target");
  secondObject(work, 7);
  t.equal(part(work, "object2"), undefined, "there is no such record");
});

t.test("labels are those of the file, or of its folder", async (t) => {
  const path = (type: string, label: string): string =>
    `PATH item=0 name="f" inode=9 mode=0100644 obj=${label} nametype=${type}`;
  const work = working([call(257), path("PARENT", "p"), path("CREATE", "c")], true);
  fileAttributes(work);
  t.equal(part(work, "objectLabel"), "c");
  const only = working([call(257), path("PARENT", "p")], true);
  fileAttributes(only);
  t.equal(part(only, "objectLabel"), "p");
  const none = working([call(257), path("PARENT", "p")]);
  fileAttributes(none);
  t.equal(none.form.objectLabel, undefined);
  const gone = working(['PATH item=0 name="f" inode=9 obj=x nametype=UNKNOWN'], true);
  pathAttributes(gone);
  t.equal(gone.form.objectLabel, undefined, "a file that is not there has no mode");
});
