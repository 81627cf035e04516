----
type=DAEMON_ROTATE msg=audit(11/23/26 18:47:27.802:8156) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
type=DAEMON_CONFIG msg=audit(11/23/26 18:47:30.311:5176) : op=reconfigure state=changed auid=root pid=14863 subj=? res=success 
----
type=DAEMON_RESUME msg=audit(11/23/26 18:47:31.312:8157) : op=resume-logging auid=root uid=root ses=unset pid=14863 res=success 
----
type=DAEMON_END msg=audit(11/23/26 18:47:32.314:8158) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
