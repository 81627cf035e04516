----
type=DAEMON_ROTATE msg=audit(11/23/26 18:50:00.872:7766) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
type=DAEMON_END msg=audit(11/23/26 18:50:01.873:7767) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
