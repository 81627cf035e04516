----
type=DAEMON_START msg=audit(11/23/26 18:49:50.664:7388) : op=start ver=3.0.9 format=raw kernel=6.18.44-fc-v657 auid=unset pid=26426 uid=root ses=unset res=success 
----
type=PROCTITLE msg=audit(11/14/23 22:13:20.123:100) : proctitle=ls -l a 
type=PATH msg=audit(11/14/23 22:13:20.123:100) : item=0 name=/usr/bin/ls inode=123 dev=fe:00 mode=file,755 ouid=root ogid=root rdev=00:00 nametype=NORMAL cap_fp=none cap_fi=none cap_fe=0 cap_fver=0 cap_frootid=0 
type=CWD msg=audit(11/14/23 22:13:20.123:100) : cwd=/root 
type=EXECVE msg=audit(11/14/23 22:13:20.123:100) : argc=2 a0=ls a1=-l a 
type=SYSCALL msg=audit(11/14/23 22:13:20.123:100) : arch=x86_64 syscall=execve success=yes exit=0 a0=0x55d0c8 a1=0x55d0d0 a2=0x55d0e0 a3=0x8 items=2 ppid=1000 pid=1001 auid=unset uid=root gid=root euid=root suid=root fsuid=root egid=root sgid=root fsgid=root tty=pts0 ses=unset comm=ls exe=/usr/bin/ls key=k1 
----
type=USER_LOGIN msg=audit(11/14/23 22:13:21.000:101) : pid=500 uid=root auid=alice ses=3 msg='op=login id=alice exe=/usr/sbin/sshd hostname=? addr=10.0.0.1 terminal=ssh res=success' 
----
type=SOCKADDR msg=audit(11/14/23 22:13:22.000:102) : saddr={ saddr_fam=inet laddr=192.168.1.1 lport=80 } 
----
type=CONFIG_CHANGE msg=audit(11/14/23 22:13:23.000:103) : auid=unset ses=unset op=add_rule key=foo list=exit res=yes 
----
type=UNKNOWN[1399] msg=audit(11/14/23 22:13:25.000:105) : unknown type here

----
type=CONFIG_CHANGE msg=audit(11/14/23 22:13:26.000:106) : op=set audit_enabled=1 old=0 auid=unset ses=unset res=yes 
