// Where a nats-server comes from, with stand-ins for it, apt-get and dpkg-deb.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { ensureNatsServer } from "../../scripts/nats-server.mjs";

const NATS = "#!/bin/sh\necho nats-server: v2.9.10\n";

// Downloads only with lists of its own, as on a machine whose lists are missing.
const APT_GET = `#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
*update) exit 100 ;;
*Dir::State::lists=*download*) : > nats-server_2.9_amd64.deb ;;
*) echo "W: no lists"; echo "E: Unable to locate package nats-server"; echo "end"; exit 100 ;;
esac
`;

const DPKG_DEB = `#!/bin/sh
mkdir -p usr/sbin
cp "$NATS_STANDIN" usr/sbin/nats-server
chmod 755 usr/sbin/nats-server
`;

interface Machine {
  readonly root: string;
  readonly bin: string;
  readonly env: Record<string, string>;
}

function machine(t: Test, programs: Record<string, string>): Machine {
  t.capture(process.stderr, "write", () => true);
  const root = t.testdir({ bin: {}, source: NATS });
  const bin = path.join(root, "bin");
  for (const [name, text] of Object.entries(programs)) {
    program(path.join(bin, name), text);
  }
  const env = {
    PATH: bin,
    CALLS: path.join(root, "calls"),
    NATS_STANDIN: path.join(root, "source"),
  };
  return { root, bin, env };
}

function program(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  // The stand-ins use programs of the real PATH; /bin/sh finds them with its default one.
  writeFileSync(file, text.replace("\n", "\nPATH=/usr/bin:/bin\n"));
  chmodSync(file, 0o755);
}

t.test("NATS_SERVER wins, and is an error when it cannot be used", async (t) => {
  const { root, bin, env } = machine(t, { "nats-server": "#!/bin/sh\necho v1.0.0\n" });
  const own = path.join(root, "own");
  program(own, NATS);
  t.equal(await ensureNatsServer({ root, env: { ...env, NATS_SERVER: own } }), own);
  const bad = [
    { file: path.join(root, "source"), why: /^NATS_SERVER: .*source is not executable$/ },
    { file: path.join(root, "none"), why: /none does not exist$/ },
    { file: bin, why: /bin is not a file$/ },
    { file: path.join(bin, "nats-server"), why: /nats-server is too old: v1\.0\.0$/ },
  ];
  for (const { file, why } of bad) {
    const found = ensureNatsServer({ root, env: { ...env, NATS_SERVER: file } });
    await t.rejects(found, { message: why });
  }
});

t.test("a nats-server on PATH or in a system directory is taken, PATH first", async (t) => {
  const { root, bin, env } = machine(t, { "nats-server": NATS });
  const sbin = path.join(root, "sbin");
  program(path.join(sbin, "nats-server"), NATS);
  const systemDirs = [sbin];
  t.equal(await ensureNatsServer({ root, env, systemDirs }), path.join(bin, "nats-server"));
  program(path.join(bin, "nats-server"), "#!/bin/sh\necho nats-server: v2.8.4\n");
  t.equal(await ensureNatsServer({ root, env, systemDirs }), path.join(sbin, "nats-server"));
  const empty = { ...env, PATH: "" };
  t.equal(await ensureNatsServer({ root, env: empty, systemDirs }), path.join(sbin, "nats-server"));
});

t.test("Debian's package is unpacked into .cache, with package lists of our own", async (t) => {
  const { root, env } = machine(t, { "apt-get": APT_GET, "dpkg-deb": DPKG_DEB });
  const cached = path.join(root, ".cache/nats-server/nats-server");
  t.equal(await ensureNatsServer({ root, env, systemDirs: [] }), cached);
  t.same(readdirSync(path.dirname(cached)), ["nats-server"], "nothing else is left");
  const offline = { PATH: path.join(root, "nowhere") };
  t.equal(await ensureNatsServer({ root, env: offline, systemDirs: [] }), cached);
});

t.test("when nothing works, the error names all that was tried", async (t) => {
  const offline = APT_GET.replace(": > nats-server_2.9_amd64.deb", "exit 100");
  const { root, env } = machine(t, {
    "nats-server": "#!/bin/sh\necho oops >&2\nexit 3\n",
    "apt-get": offline,
  });
  const message = await ensureNatsServer({ root, env, systemDirs: [] }).then(
    () => "none",
    (error: Error) => error.message,
  );
  const [first, ...lines] = message.split("\n");
  t.equal(first, "no usable nats-server. Tried:");
  t.match(lines, [
    /bin\/nats-server does not answer to --version \(exit code 3\): oops$/,
    /- apt-get download nats-server: E: Unable to locate package nats-server$/,
    /- apt-get update: no output$/,
    /- apt-get download nats-server: no output$/,
    /^Install nats-server 2\.9 or later, or set NATS_SERVER to its path\.$/,
  ]);
  t.same(readdirSync(path.join(root, ".cache/nats-server")), []);
});

t.test("without apt-get the error says so", async (t) => {
  const { root, env } = machine(t, {});
  const found = ensureNatsServer({ root, env, systemDirs: [] });
  await t.rejects(found, { message: /no nats-server on PATH.*\n.*apt-get.*ENOENT/ });
});

t.test("a package whose program does not run is not kept", async (t) => {
  const { root, env } = machine(t, { "apt-get": APT_GET, "dpkg-deb": DPKG_DEB });
  writeFileSync(path.join(root, "source"), "#!/bin/sh\nexit 1\n");
  const found = ensureNatsServer({ root, env, systemDirs: [] });
  await t.rejects(found, { message: /nats-server of Debian's package does not answer/ });
  t.notOk(existsSync(path.join(root, ".cache/nats-server/nats-server")));
});

t.test("a stop signal ends the search", async (t) => {
  const { root, env } = machine(t, { "apt-get": APT_GET });
  const signal = AbortSignal.abort(new Error("stopped"));
  const found = ensureNatsServer({ root, env, systemDirs: [], signal });
  await t.rejects(found, { message: "stopped" });
});
