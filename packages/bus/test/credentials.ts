// Keys and tokens of a NATS operator, made for one test. Source: nats-io/nkeys, nats-io/jwt (v2).
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

const Kind = { operator: 112, account: 0, user: 160 } as const;
const SEED = 144;

interface Key {
  readonly public: string;
  readonly seed: string;
  readonly signer: KeyObject;
}

/** What a server in operator mode and one of its users need. */
export interface Credentials {
  /** Lines of the server's configuration. */
  readonly config: string;
  /** Content of the user's credentials file. */
  readonly creds: string;
}

/** Makes an operator with a system account and an account that may use JetStream. */
export function makeCredentials(): Credentials {
  const [operator, system, account, user] = [
    makeKey(Kind.operator),
    makeKey(Kind.account),
    makeKey(Kind.account),
    makeKey(Kind.user),
  ];
  const all = { subs: -1, data: -1, payload: -1 };
  const open = { ...all, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const room = { mem_storage: 1e8, disk_storage: 1e8, streams: -1, consumer: -1 };
  const accountToken = (of: Key, limits: object) => token(operator, of, "account", { limits });
  const config = [
    `operator: ${token(operator, operator, "operator", {})}`,
    `system_account: ${system.public}`,
    "resolver: MEMORY",
    "resolver_preload: {",
    `  ${system.public}: ${accountToken(system, open)}`,
    `  ${account.public}: ${accountToken(account, { ...open, ...room })}`,
    "}",
  ].join("\n");
  const userToken = token(account, user, "user", { pub: {}, sub: {}, ...all });
  const creds = `-----BEGIN NATS USER JWT-----\n${userToken}\n------END NATS USER JWT------\n
-----BEGIN USER NKEY SEED-----\n${user.seed}\n------END USER NKEY SEED------\n`;
  return { config, creds };
}

function makeKey(kind: number): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const secret = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
  return {
    public: encode(Buffer.concat([Buffer.of(kind), raw])),
    seed: encode(Buffer.concat([Buffer.of(SEED | (kind >> 5), (kind & 31) << 3), secret])),
    signer: privateKey,
  };
}

function token(issuer: Key, subject: Key, type: string, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = {
    jti: subject.public,
    iat: 1_700_000_000,
    iss: issuer.public,
    name: type,
    sub: subject.public,
    nats: { ...claims, type, version: 2 },
  };
  const text = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(body)}`;
  return `${text}.${sign(null, Buffer.from(text), issuer.signer).toString("base64url")}`;
}

/** Base 32 of the bytes and their CRC-16 (XMODEM), low byte first. */
function encode(bytes: Buffer): string {
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
