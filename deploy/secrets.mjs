// Makes the secrets of an example deployment: a certificate authority, the NATS server's
// certificate, and an NKEY for each user. Nothing that is there already is made again.
//
//   node deploy/secrets.mjs DIR [NAME...]
//
// DIR gets ca.pem, ca.key, nats.pem and nats.key, NAME.nk (the seed: a secret of that user alone)
// and nats.env: what deploy/nats-server.conf asks of its environment, with the public halves. Names
// are those of the host's own users, which are always made, and of the tenants. The certificate is
// for localhost, the host `nats`, 127.0.0.1, and the names and addresses that NATS_HOSTNAMES adds,
// with commas: a client calls the server by one of them.
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import process from "node:process";

const OWN_USERS = ["node", "dispatcher", "worker", "ops", "load"];
const DAYS = "825";
/** The first byte of a user's public key, and of a seed; source: nats-io/nkeys. */
const USER = 160;
const SEED = 144;

const [folder, ...tenants] = process.argv.slice(2);
if (folder === undefined || !tenants.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))) {
  process.stderr.write("usage: node deploy/secrets.mjs DIR [NAME...]\n");
  process.exit(2);
}
mkdirSync(folder, { recursive: true, mode: 0o700 });
const at = (/** @type {string} */ name) => join(resolve(folder), name);
makeCertificates();
for (const name of [...OWN_USERS, ...tenants]) makeUser(name);

function makeCertificates() {
  if (existsSync(at("nats.pem"))) return;
  const hosts = ["localhost", "nats", ...(process.env["NATS_HOSTNAMES"] ?? "").split(",")];
  const names = [...hosts, "127.0.0.1"].filter((name) => name !== "");
  const all = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`);
  const extensions = `subjectAltName=${all.join(",")}\n`;
  writeFileSync(at("nats.ext"), `${extensions}extendedKeyUsage=serverAuth\n`);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  openssl("req", "-x509", ...key, "-days", DAYS, "-subj", "/CN=cauditd example CA", [
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  ]);
  openssl("req", ...key, "-subj", "/CN=nats", "-keyout", at("nats.key"), "-out", at("nats.csr"));
  openssl("x509", "-req", "-in", at("nats.csr"), "-days", DAYS, "-CAcreateserial", [
    ...["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAserial", at("ca.srl")],
    ...["-extfile", at("nats.ext"), "-out", at("nats.pem")],
  ]);
  for (const name of ["nats.csr", "nats.ext", "ca.srl"]) rmSync(at(name));
  for (const name of ["ca.key", "nats.key"]) chmodSync(at(name), 0o600);
  for (const name of ["ca.pem", "nats.pem"]) chmodSync(at(name), 0o644);
}

/** @param {(string | string[])[]} args */
function openssl(...args) {
  execFileSync("openssl", args.flat(), { stdio: ["ignore", "ignore", "pipe"] });
}

/** @param {string} name */
function makeUser(name) {
  if (existsSync(at(`${name}.nk`))) return;
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const known = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const secret = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
  const head = Buffer.of(SEED | (USER >> 5), (USER & 31) << 3);
  writeFileSync(at(`${name}.nk`), `${encode(head, secret)}\n`, { mode: 0o600 });
  const file = at("nats.env");
  const lines = existsSync(file) ? readFileSync(file, "utf8") : "";
  const variable = `CAUDITD_${name.toUpperCase().replaceAll("-", "_")}_NKEY`;
  writeFileSync(file, `${lines}${variable}=${encode(Buffer.of(USER), known)}\n`);
}

/**
 * Base 32 of the bytes and their CRC-16 (XMODEM), low byte first.
 * @param {Buffer} head
 * @param {Buffer} body
 */
function encode(head, body) {
  const bytes = Buffer.concat([head, body]);
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  const bits = [...bytes, crc & 255, crc >> 8].map((byte) => byte.toString(2).padStart(8, "0"));
  const letters = bits.join("").match(/.{1,5}/g) ?? [];
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return letters.map((five) => alphabet[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}
