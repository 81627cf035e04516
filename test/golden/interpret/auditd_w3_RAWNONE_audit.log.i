----
type=DAEMON_START msg=audit(11/23/26 18:49:45.333:3063) : op=start ver=3.0.9 format=raw kernel=6.18.44-fc-v657 auid=unset pid=25989 uid=root ses=unset res=success 
----
type=DAEMON_END msg=audit(11/23/26 18:49:46.868:3064) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
