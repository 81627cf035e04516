----
type=DAEMON_ROTATE msg=audit(11/23/26 18:47:35.039:7898) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
type=DAEMON_CONFIG msg=audit(11/23/26 18:47:37.549:9966) : op=reconfigure state=changed auid=root pid=14863 subj=? res=success 
----
type=DAEMON_RESUME msg=audit(11/23/26 18:47:38.551:7899) : op=resume-logging auid=root uid=root ses=unset pid=14863 res=success 
----
type=DAEMON_END msg=audit(11/23/26 18:47:39.553:7900) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 
