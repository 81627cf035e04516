----
type=DAEMON_START msg=audit(11/23/26 18:48:51.606:4871) : op=start ver=3.0.9 format=enriched kernel=6.18.44-fc-v657 auid=unset pid=23342 uid=root ses=unset res=success 
----
type=SYSCALL msg=audit(11/14/23 22:13:20.123:200) : arch=x86_64 syscall=unknown-syscall(999) success=no exit=EACCES(Permission denied) a0=0x1 a1=0x2 a2=0x3 a3=0x4 items=0 ppid=1 pid=2 auid=unknown(54321) uid=unknown(54322) gid=unknown(54323) euid=root suid=root fsuid=root egid=root sgid=root fsgid=root tty=(none) ses=1 comm=a  exe=/x subj=unconfined key=(null) 
----
type=SYSCALL msg=audit(11/14/23 22:13:20.123:201) : arch=i386 syscall=open success=yes exit=3 a0=0x1 a1=O_RDWR a2=0x3 a3=0x4 items=0 ppid=1 pid=2 auid=root uid=root gid=root euid=root suid=root fsuid=root egid=root sgid=root fsgid=root tty=(none) ses=1 comm=a exe=/x subj=unconfined key=k1 key=k2 
----
type=URINGOP msg=audit(11/14/23 22:13:20.123:203) : uring_op=18 success=yes exit=0 items=0 ppid=1 pid=2 uid=root gid=root euid=root suid=root fsuid=root egid=root sgid=root fsgid=root subj=unconfined key=u 
----
type=OBJ_PID msg=audit(11/14/23 22:13:20.123:204) : opid=10 oauid=cloudsdk ouid=root oses=1 obj=x ocomm=t 
----
type=LOGIN msg=audit(11/14/23 22:13:20.123:205) : pid=10 uid=root old-auid=unset auid=cloudsdk tty=(none) old-ses=4294967295 ses=1 res=yes 
----
type=SOCKADDR msg=audit(11/14/23 22:13:20.123:206) : saddr={ saddr_fam=local path=/run/x } 
----
type=SOCKADDR msg=audit(11/14/23 22:13:20.123:207) : saddr={ saddr_fam=inet6 laddr=::1 lport=80 } 
----
type=SOCKADDR msg=audit(11/14/23 22:13:20.123:208) : saddr={ saddr_fam=netlink nlnk-fam=16 nlnk-pid=0 } 
----
type=USER_AUTH msg=audit(11/14/23 22:13:20.123:209) : pid=1 uid=root auid=root ses=1 msg='op=PAM:authentication grantors=pam_unix acct=root exe=/bin/su hostname=? addr=? terminal=pts/0 res=success' 
----
type=ADD_USER msg=audit(11/14/23 22:13:20.123:210) : pid=1 uid=root auid=root ses=1 msg='op=adding user id=unknown(1001) exe=/usr/sbin/useradd hostname=? addr=? terminal=? res=success' 
----
type=SECCOMP msg=audit(11/14/23 22:13:20.123:211) : auid=cloudsdk uid=root gid=root ses=1 subj=x pid=1 comm=x exe=/x sig=SIGSYS arch=x86_64 syscall=execve compat=0 ip=0x7f code=kill 
----
type=NETFILTER_CFG msg=audit(11/14/23 22:13:20.123:212) : table=filter family=ipv4 entries=4 op=xt_replace pid=1 subj=x comm=iptables 
----
type=TTY msg=audit(11/14/23 22:13:20.123:213) : tty pid=1 uid=root auid=root ses=1 major=136 minor=0 comm=bash data="ls",<ret>
----
type=BPF msg=audit(11/14/23 22:13:20.123:214) : prog-id=12 op=LOAD 
----
type=KERNEL msg=audit(11/14/23 22:13:20.123:215) : state=initialized audit_enabled=0 res=yes 
----
type=USER msg=audit(11/14/23 22:13:20.123:216) : pid=1 uid=root auid=root ses=1 msg='text=hello exe=/sbin/auditctl hostname=? addr=? terminal=? res=success' 
----
type=DAEMON_END msg=audit(11/23/26 18:48:54.249:4872) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
