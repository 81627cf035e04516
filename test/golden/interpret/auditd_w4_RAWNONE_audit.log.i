----
type=DAEMON_ROTATE msg=audit(11/23/26 18:49:53.290:7389) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
type=DAEMON_END msg=audit(11/23/26 18:49:54.292:7390) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
