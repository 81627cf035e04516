----
node=mynode type=DAEMON_START msg=audit(11/23/26 18:49:54.464:7249) : op=start ver=3.0.9 format=raw kernel=6.18.44-fc-v657 auid=unset pid=26820 uid=root ses=unset res=success 
----
node=mynode type=DAEMON_END msg=audit(11/23/26 18:49:55.681:7250) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
