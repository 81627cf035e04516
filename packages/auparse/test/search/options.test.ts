import t from "tap";
import { searchOption } from "../../src/search/options.ts";

t.test("short and long names mean the same, and are not shortened", async (t) => {
  t.equal(searchOption("-k"), "key");
  t.equal(searchOption("--key"), "key");
  t.equal(searchOption("-ul"), searchOption("--loginuid"));
  t.equal(searchOption("--ke"), undefined);
  t.equal(searchOption("toString"), undefined);
});

t.test("every option of ausearch(8) is known", async (t) => {
  const names =
    "-a --event --arch -c --comm --debug --checkpoint --eoe-timeout -e --exit --escape " +
    "--extra-keys --extra-labels --extra-obj2 --extra-time -f --file --format -ga --gid-all " +
    "-ge --gid-effective -gi --gid -h --help -hn --host -i --interpret -if --input " +
    "--input-logs --just-one -k --key -l --line-buffered -m --message -n --node -o --object " +
    "-p --pid -pp --ppid -r --raw -sc --syscall -se --context --session -su --subject -sv " +
    "--success -te --end -ts --start -tm --terminal -ua --uid-all -ue --uid-effective -ui " +
    "--uid -ul --loginuid -uu --uuid -v --version -vm --vm-name -w --word -x --executable";
  t.strictSame(
    names.split(" ").filter((name) => searchOption(name) === undefined),
    [],
  );
});
