import {
  Arch,
  classSyscalls,
  resolveClassBits,
  SyscallClass,
  syscallName,
} from "@cauditd/libaudit";
import t from "tap";

function names(arch: number, syscallClass: SyscallClass): string {
  const calls = classSyscalls(arch, syscallClass);
  return calls.map((call) => syscallName(arch, call) ?? call).join(",");
}

t.test("classes are those that a 6.18 kernel lists for its class bits (AUD-29)", async (t) => {
  t.equal(
    names(Arch.X86_64, SyscallClass.CHATTR),
    "link,chmod,fchmod,chown,fchown,lchown,setxattr,lsetxattr,fsetxattr,removexattr," +
      "lremovexattr,fremovexattr,fchownat,linkat,fchmodat,452,463,466",
  );
  t.equal(
    names(Arch.X86_64, SyscallClass.READ),
    "readlink,quotactl,getxattr,lgetxattr,fgetxattr,listxattr,llistxattr,flistxattr," +
      "readlinkat,464,465",
  );
  t.equal(
    names(Arch.X86_64, SyscallClass.WRITE),
    "bind,truncate,ftruncate,rename,mkdir,rmdir,creat,link,unlink,symlink,mknod,acct,swapon," +
      "quotactl,mkdirat,mknodat,unlinkat,renameat,linkat,symlinkat,fallocate,renameat2",
  );
  t.equal(names(Arch.X86_64, SyscallClass.SIGNAL), "kill,tkill,tgkill");
  t.equal(
    names(Arch.I386, SyscallClass.CHATTR),
    "link,chmod,lchown,fchmod,fchown,chown,lchown32,fchown32,chown32,setxattr,lsetxattr," +
      "fsetxattr,removexattr,lremovexattr,fremovexattr,fchownat,linkat,fchmodat,452,463,466",
  );
  t.equal(
    names(Arch.I386, SyscallClass.WRITE),
    "creat,link,unlink,mknod,rename,mkdir,rmdir,acct,symlink,swapon,truncate,ftruncate," +
      "quotactl,truncate64,ftruncate64,mkdirat,mknodat,unlinkat,renameat,linkat,symlinkat," +
      "fallocate,renameat2,bind",
  );
  t.same(classSyscalls(0xdeadbeef, SyscallClass.READ), []);
});

t.test("class bits are taken as calls and cleared, and the request is not changed", async (t) => {
  const mask = new Uint32Array(64);
  mask[63] = 0x80400000 >>> 0;
  const kept = resolveClassBits(mask, Arch.X86_64);
  t.equal(kept[63], 0);
  t.equal(mask[63], 0x80400000);
  const calls = [...classSyscalls(Arch.X86_64, 0), ...classSyscalls(Arch.I386, 8)];
  t.same(
    [...kept.entries()].flatMap(([word, bits]) =>
      Array.from({ length: 32 }, (_, bit) => bit)
        .filter((bit) => ((bits >>> bit) & 1) === 1)
        .map((bit) => word * 32 + bit),
    ),
    [...new Set(calls)].sort((a, b) => a - b),
  );
});
