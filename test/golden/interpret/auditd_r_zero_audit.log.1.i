----
type=DAEMON_END msg=audit(11/23/26 19:04:50.258:9575) : op=terminate auid=root uid=root ses=unset pid=12925 res=success 
